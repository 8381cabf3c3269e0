/** {@code start}: byte-exact options, and the way to the compiler of plans. Loads as few classes as it can. */
package io.jrun.cli.start;
