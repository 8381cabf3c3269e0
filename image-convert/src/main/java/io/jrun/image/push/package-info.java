/**
 * Images on their way into a registry: the distribution-spec's push side. Knows layouts and files that are already
 * images; how they are made is not its business.
 */
package io.jrun.image.push;
