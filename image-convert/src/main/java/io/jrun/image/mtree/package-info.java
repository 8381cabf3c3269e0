/** A tree described line by line, in the format of mtree(5): what a directory's files should be but could not be made. */
package io.jrun.image.mtree;
