/**
 * What the dynamic linker of an image will find: its cache, read and written in glibc's format, and whether libraries
 * of the host fit the libraries of the image. Runs no tool.
 */
package io.jrun.runtime.loader;
