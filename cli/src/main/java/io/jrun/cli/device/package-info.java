/** {@code gpu} and {@code cdi}: what devices there are, which of them a start would give, and specs of them. */
package io.jrun.cli.device;
