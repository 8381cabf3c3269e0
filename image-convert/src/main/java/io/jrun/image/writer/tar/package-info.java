/** A tree as a reproducible tar: ustar with PAX records where ustar has no room. Writes to any stream, knows no files of the host. */
package io.jrun.image.writer.tar;
