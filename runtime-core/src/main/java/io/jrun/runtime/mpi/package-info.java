/**
 * Which MPI an image brings, what this host offers to it, and which launch line fits. Reads files of both and starts
 * nothing; what is found in an image is as hostile as the image.
 */
package io.jrun.runtime.mpi;
