/**
 * Directories of the host read as trees. Names stay bytes, every call is relative to an open directory, and no symbolic
 * link is followed. Knows neither images nor what becomes of the tree.
 */
package io.jrun.image.directory;
