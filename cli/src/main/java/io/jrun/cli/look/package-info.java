/** The commands that look into image files without mounting them. No logic: options in, calls, output. */
package io.jrun.cli.look;
