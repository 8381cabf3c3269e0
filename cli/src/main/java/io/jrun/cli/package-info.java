/**
 * The command line: options in, calls of the modules below, output and exit codes. Holds no logic of images or containers.
 * The classes that {@code start} needs load neither picocli nor a logger, because every first start of a container pays
 * for them.
 */
package io.jrun.cli;
