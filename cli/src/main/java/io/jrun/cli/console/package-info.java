/** What all commands share: the console, exit codes, how failures are told, options that mean the same everywhere. */
package io.jrun.cli.console;
