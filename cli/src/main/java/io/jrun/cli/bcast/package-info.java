/** {@code bcast}: image files on their way to the nodes of an allocation. */
package io.jrun.cli.bcast;
