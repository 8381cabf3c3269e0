/** The commands that talk to a registry about more than one import. No logic: options in, calls, output. */
package io.jrun.cli.registry;
