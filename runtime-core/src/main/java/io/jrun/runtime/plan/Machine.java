package io.jrun.runtime.plan;

import java.util.Locale;

/** A processor architecture that plans can be made for. Both are little-endian. */
public enum Machine {
    X86_64(62, 0xc000003e),
    AARCH64(183, 0xc00000b7);

    private final int elfMachine;
    private final int auditArchitecture;

    Machine(int elfMachine, int auditArchitecture) {
        this.elfMachine = elfMachine;
        this.auditArchitecture = auditArchitecture;
    }

    /** The architecture of this JVM. */
    public static Machine host() {
        String name = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return switch (name) {
            case "amd64", "x86_64" -> X86_64;
            case "aarch64", "arm64" -> AARCH64;
            default -> throw new IllegalStateException("jrun has no starter for the architecture " + name);
        };
    }

    /** As {@code uname -m} and the compilers call it. */
    public String directoryName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** {@code e_machine} of elf(5). */
    int elfMachine() {
        return elfMachine;
    }

    /** AUDIT_ARCH_*, which seccomp(2) hands to a filter. */
    int auditArchitecture() {
        return auditArchitecture;
    }
}
