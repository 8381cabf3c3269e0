/** The commands on containers under their names. No logic: options in, calls, output. */
package io.jrun.cli.container;
