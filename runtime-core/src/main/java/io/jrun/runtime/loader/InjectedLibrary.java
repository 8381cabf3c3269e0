package io.jrun.runtime.loader;

import io.jrun.runtime.elf.ElfFile;

/**
 * A host library on its way into a container.
 *
 * @param hostPath for messages
 * @param path inside
 */
public record InjectedLibrary(String hostPath, String path, ElfFile file) {

    /** What programs ask the dynamic linker for: DT_SONAME, or the file name without one. */
    public String soname() {
        return file.soname().orElse(path.substring(path.lastIndexOf('/') + 1));
    }
}
