/**
 * The recipe of an import: opens the source, hands verified tar streams to the merge and the merged tree to the writer,
 * and moves the result into place. The one package in which the fetching half and the filesystem half meet.
 */
package io.jrun.image.convert;
