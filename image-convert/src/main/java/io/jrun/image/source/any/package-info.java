/** Opens whatever a user names: the one place of the fetching half that knows all kinds of sources. */
package io.jrun.image.source.any;
