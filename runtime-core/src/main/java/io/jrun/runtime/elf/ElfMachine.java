package io.jrun.runtime.elf;

/** Values of e_machine. Source: elf(5), elf.h. */
public final class ElfMachine {

    public static final int I386 = 3;
    public static final int ARM = 40;
    public static final int X86_64 = 62;
    public static final int AARCH64 = 183;

    private ElfMachine() {}
}
