/**
 * Copies of image files on the nodes of an allocation: where they lie, how they get there, and how a start finds them. Asks
 * Slurm through its own programs.
 */
package io.jrun.runtime.bcast;
