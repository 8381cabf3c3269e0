package io.jrun.runtime.elf;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The dynamic part of an ELF file. Texts are decoded as ISO 8859-1, so that none is lost; they are as hostile as the
 * file.
 *
 * @param machine e_machine, see {@link ElfMachine}
 * @param needed DT_NEEDED, in order
 * @param neededVersions per file of DT_NEEDED the symbol versions wanted from it, without weak ones
 * @param definedVersions what the file defines, its own name (VER_FLG_BASE) left out
 */
public record ElfFile(
        ElfWidth width,
        int machine,
        Optional<String> soname,
        List<String> needed,
        Map<String, List<String>> neededVersions,
        List<String> definedVersions) {
    public ElfFile {
        needed = List.copyOf(needed);
        Map<String, List<String>> copy = new LinkedHashMap<>();
        neededVersions.forEach((file, versions) -> copy.put(file, List.copyOf(versions)));
        neededVersions = Collections.unmodifiableMap(copy);
        definedVersions = List.copyOf(definedVersions);
    }
}
