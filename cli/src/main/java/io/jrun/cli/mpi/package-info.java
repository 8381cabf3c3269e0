/** {@code mpi-check}: whether the MPI of an image fits this host. */
package io.jrun.cli.mpi;
