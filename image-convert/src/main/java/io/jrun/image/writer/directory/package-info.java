/**
 * Image files unpacked to directories of the host, and such directories removed. The one part of the filesystem half
 * that makes system calls; every name stays bytes, and every call is relative to an open directory, so that no symbolic
 * link of an image is ever followed.
 */
package io.jrun.image.writer.directory;
