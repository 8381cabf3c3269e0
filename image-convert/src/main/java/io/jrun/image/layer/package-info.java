/**
 * Layer changesets to one file tree: a byte-exact tar reader and the merge that reads layers from the top down. Takes
 * plain tar streams; knows no manifest, no digest, no compression and no writer.
 */
package io.jrun.image.layer;
