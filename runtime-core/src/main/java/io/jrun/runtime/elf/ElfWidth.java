package io.jrun.runtime.elf;

/** EI_CLASS. */
public enum ElfWidth {
    BITS_32,
    BITS_64
}
