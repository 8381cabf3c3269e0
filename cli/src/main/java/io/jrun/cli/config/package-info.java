/** The command that shows the configuration. No logic: options in, calls, output. */
package io.jrun.cli.config;
