package io.jrun.runtime.loader;

import io.jrun.runtime.elf.ElfFile;
import io.jrun.runtime.elf.ElfMachine;
import io.jrun.runtime.elf.ElfWidth;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One line of a loader cache: where a soname lies.
 *
 * @param flags kind of library and ABI. Source: glibc, sysdeps/generic/ldconfig.h
 * @param osVersion kept as found; unused by today's glibc
 * @param hwcap bits of the kernel's AT_HWCAP; 0 where {@code subdirectory} is there
 * @param subdirectory the glibc-hwcaps directory for which this entry is
 */
public record CacheEntry(
        int flags, String soname, String path, int osVersion, long hwcap, Optional<String> subdirectory) {

    private static final int ELF_LIBC6 = 0x0003;
    private static final int X86_64_LIB64 = 0x0300;
    private static final int ARM_HARD_FLOAT = 0x0900;
    private static final int AARCH64_LIB64 = 0x0a00;

    /**
     * As ldconfig(8) writes them: names descending, for one name flags descending, then entries of hwcaps
     * subdirectories first. Lookup is a binary search that takes the first that fits.
     */
    static final Comparator<CacheEntry> ORDER = Comparator.comparing(CacheEntry::soname, LibraryNames.ORDER)
            .reversed()
            .thenComparing(CacheEntry::flags, Comparator.reverseOrder())
            .thenComparing(entry -> entry.subdirectory().isEmpty())
            .thenComparing(entry -> entry.subdirectory().orElse(""))
            .thenComparing(CacheEntry::hwcap, Comparator.reverseOrder());

    public static CacheEntry of(int flags, String soname, String path) {
        return new CacheEntry(flags, soname, path, 0, 0, Optional.empty());
    }

    /** Empty for machines of which jrun does not know how glibc marks them. */
    public static OptionalInt flagsOf(ElfFile file) {
        return switch (file.machine()) {
            case ElfMachine.X86_64 ->
                file.width() == ElfWidth.BITS_64 ? OptionalInt.of(ELF_LIBC6 | X86_64_LIB64) : OptionalInt.empty();
            case ElfMachine.AARCH64 -> OptionalInt.of(ELF_LIBC6 | AARCH64_LIB64);
            case ElfMachine.I386 -> OptionalInt.of(ELF_LIBC6);
            case ElfMachine.ARM -> OptionalInt.of(ELF_LIBC6 | ARM_HARD_FLOAT);
            default -> OptionalInt.empty();
        };
    }

    /** Whether both answer the same question of a program. */
    boolean competesWith(CacheEntry other) {
        return flags == other.flags && soname.equals(other.soname);
    }
}
