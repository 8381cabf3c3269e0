/**
 * Where images come from, each kind in a package of its own that knows nothing of the others. What the kinds share stands
 * here: the interface, the choice of a manifest, the reporting of progress. Knows no file trees.
 */
package io.jrun.image.source;
