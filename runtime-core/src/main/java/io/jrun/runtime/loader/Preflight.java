package io.jrun.runtime.loader;

import io.jrun.runtime.elf.ElfFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Compares what host libraries need with what they will find in an image, before a program fails on it. Source:
 * ld.so(8), "version `…' not found"; LSB, "Symbol Versioning".
 */
public final class Preflight {

    /**
     * A library that the dynamic linker would refuse.
     *
     * @param provider the soname it needs
     * @param missingVersions of the provider, ascending; empty where the provider itself is missing
     * @param highestDefined the provider's highest version of the same family
     */
    public record Misfit(
            String library, String provider, List<String> missingVersions, Optional<String> highestDefined) {
        public Misfit {
            missingVersions = List.copyOf(missingVersions);
        }

        /** One line for people. */
        public String text() {
            return missingVersions.isEmpty()
                    ? library + " needs " + provider + ", which the image does not have"
                    : library + " needs " + missingVersions.get(missingVersions.size() - 1) + " of " + provider
                            + highestDefined
                                    .map(version -> ", the image ends at " + version)
                                    .orElse(", which the image's does not define");
        }
    }

    private Preflight() {}

    /** In the order of the libraries; empty when all fit. */
    public static List<Misfit> check(ImageLibraries image, List<InjectedLibrary> libraries) {
        Map<String, ElfFile> injected = new LinkedHashMap<>();
        libraries.forEach(each -> injected.putIfAbsent(key(each.soname(), each.file()), each.file()));
        List<Misfit> misfits = new ArrayList<>();
        for (InjectedLibrary library : libraries) {
            ElfFile file = library.file();
            for (String provider : file.needed()) {
                Optional<ElfFile> found =
                        Optional.ofNullable(injected.get(key(provider, file))).or(() -> image.find(provider, file));
                if (found.isEmpty()) {
                    misfits.add(new Misfit(library.soname(), provider, List.of(), Optional.empty()));
                } else {
                    compare(library, provider, found.get()).ifPresent(misfits::add);
                }
            }
        }
        return misfits;
    }

    private static String key(String soname, ElfFile file) {
        return soname + " " + file.machine() + " " + file.width();
    }

    private static Optional<Misfit> compare(InjectedLibrary library, String provider, ElfFile found) {
        List<String> missing = library.file().neededVersions().getOrDefault(provider, List.of()).stream()
                .filter(version -> !found.definedVersions().contains(version))
                .sorted(LibraryNames.ORDER)
                .toList();
        if (missing.isEmpty()) {
            return Optional.empty();
        }
        String family = family(missing.get(missing.size() - 1));
        Optional<String> highest = found.definedVersions().stream()
                .filter(version -> family(version).equals(family) && version.matches(".*[0-9]"))
                .max(Comparator.comparing(version -> version, LibraryNames.ORDER));
        return Optional.of(new Misfit(library.soname(), provider, missing, highest));
    }

    /** "GLIBC" of "GLIBC_2.34". */
    private static String family(String version) {
        int underscore = version.lastIndexOf('_');
        return underscore < 0 ? version : version.substring(0, underscore);
    }
}
