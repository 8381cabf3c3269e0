package io.jrun.runtime.mpi;

/** The families of MPI that differ in how their ranks find each other. */
public enum MpiFlavour {
    OPEN_MPI("Open MPI"),
    MPICH("MPICH"),
    INTEL_MPI("Intel MPI"),
    MVAPICH("MVAPICH"),
    CRAY_MPICH("Cray MPICH");

    private final String label;

    MpiFlavour(String label) {
        this.label = label;
    }

    public String label() {
        return label;
    }

    /** Whether a program built for one of them runs with another: the MPICH ABI Compatibility Initiative, libmpi.so.12. */
    boolean isOfMpichFamily() {
        return this != OPEN_MPI;
    }
}
