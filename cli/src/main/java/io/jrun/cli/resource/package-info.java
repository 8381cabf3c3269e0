/** {@code jrun stats}: what a running container uses. */
package io.jrun.cli.resource;
