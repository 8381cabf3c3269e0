/** The commands that turn images into other forms. No logic: options in, calls, output. */
package io.jrun.cli.convert;
