package io.jrun.runtime.mpi;

import io.jrun.error.JrunException;
import io.jrun.runtime.elf.ElfFile;
import io.jrun.runtime.elf.ElfReader;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.RootedTree;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Finds libraries of a tree by name, where distributions, vendors and those who build by hand put them. */
final class LibraryPlaces {

    private static final List<String> BASES = List.of("/usr/local", "/usr", "", "/opt/conda");

    private static final List<String> BELOW = List.of(
            "/lib",
            "/lib64",
            "/lib/x86_64-linux-gnu",
            "/lib/aarch64-linux-gnu",
            "/lib/release",
            "/lib64/openmpi/lib",
            "/lib64/mpich/lib",
            "/lib64/mpich-x86_64/lib",
            "/lib64/mvapich2/lib",
            "/lib/ucx",
            "/lib64/ucx",
            "/lib/x86_64-linux-gnu/ucx",
            "/lib/aarch64-linux-gnu/ucx",
            "/lib/libfabric",
            "/lib64/libfabric");

    /** Below which installations lie one or two levels deep: /opt/openmpi/lib, /opt/intel/oneapi/mpi/latest/lib. */
    private static final List<String> VENDORS =
            List.of("/opt", "/usr/mpi/gcc", "/opt/cray/pe", "/opt/intel/oneapi/mpi", "/opt/intel/mpi", "/opt/hpcx");

    private static final int MAX_DIRECTORIES = 2000;

    private final RootedTree tree;
    private final Set<String> directories = new LinkedHashSet<>();

    LibraryPlaces(RootedTree tree) {
        this.tree = tree;
        for (String base : BASES) {
            BELOW.forEach(below -> directories.add(base + below));
        }
        for (String vendor : VENDORS) {
            for (String product : tree.list(vendor)) {
                addLibraries(vendor + "/" + product);
                for (String version : tree.list(vendor + "/" + product)) {
                    addLibraries(vendor + "/" + product + "/" + version);
                }
            }
        }
        directories.removeIf(directory -> !tree.isDirectory(directory));
    }

    private void addLibraries(String installation) {
        if (directories.size() < MAX_DIRECTORIES) {
            directories.add(installation + "/lib");
            directories.add(installation + "/lib64");
            directories.add(installation + "/lib/release");
            directories.add(installation + "/lib/ucx");
        }
    }

    /** All whose name fits, each file once, under the shortest name. */
    List<String> named(Pattern name) {
        Set<String> files = new LinkedHashSet<>();
        List<String> found = new ArrayList<>();
        for (String directory : directories) {
            for (String entry : tree.list(directory)) {
                String path = directory + "/" + entry;
                if (name.matcher(entry).matches() && tree.kind(path) == FileKind.REGULAR) {
                    if (files.add(tree.resolve(path).orElse(path))) {
                        found.add(path);
                    }
                }
            }
        }
        return found;
    }

    Optional<String> first(Pattern name) {
        List<String> found = named(name);
        return found.isEmpty() ? Optional.empty() : Optional.of(found.get(0));
    }

    /**
     * Empty for what is no ELF file.
     *
     * @throws JrunException when it is a damaged one
     */
    Optional<ElfFile> elf(String path) throws IOException {
        try (SeekableByteChannel channel = tree.open(path)) {
            return ElfReader.read(channel, path);
        }
    }

    /** The library with its version by the pattern that comes first in the list and is found in it. */
    MpiLibrary library(String path, Pattern... version) throws IOException {
        return new MpiLibrary(
                path,
                versions(path, List.of(version)).stream()
                        .flatMap(Optional::stream)
                        .findFirst());
    }

    /** For each pattern what it finds first. */
    List<Optional<String>> versions(String path, List<Pattern> patterns) throws IOException {
        try (SeekableByteChannel channel = tree.open(path)) {
            return PrintableRuns.versions(channel, patterns);
        }
    }

    boolean holds(String path, String start) throws IOException {
        try (SeekableByteChannel channel = tree.open(path)) {
            return PrintableRuns.holds(channel, start);
        }
    }
}
