package io.jrun.runtime.loader;

/** Which C library an image has. */
public enum Libc {
    GLIBC,
    MUSL,
    /** No dynamic linker was found: an image of static programs. */
    NONE
}
