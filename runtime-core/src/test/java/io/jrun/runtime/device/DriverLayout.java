package io.jrun.runtime.device;

import io.jrun.runtime.elf.Libraries;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where hosts keep the libraries of a driver, and which a branch of it has; made with the compiler in both widths.
 *
 * @param lib directory of the libraries of 64 bits
 * @param lib32 directory of those of 32 bits
 * @param bin directory of the programs
 * @param share directory of data for graphics
 */
record DriverLayout(String lib, String lib32, String bin, String share) {

    /** By a name for messages. */
    static final Map<String, DriverLayout> ALL = new LinkedHashMap<>();

    static {
        ALL.put(
                "debian",
                new DriverLayout("usr/lib/x86_64-linux-gnu", "usr/lib/i386-linux-gnu", "usr/bin", "usr/share"));
        ALL.put(
                "debian-current",
                new DriverLayout(
                        "usr/lib/x86_64-linux-gnu/nvidia/current",
                        "usr/lib/i386-linux-gnu/nvidia/current",
                        "usr/lib/nvidia/current",
                        "usr/share"));
        ALL.put("rhel", new DriverLayout("usr/lib64", "usr/lib", "usr/bin", "usr/share"));
        ALL.put(
                "one-directory",
                new DriverLayout(
                        "usr/local/nvidia/lib64",
                        "usr/local/nvidia/lib",
                        "usr/local/nvidia/bin",
                        "usr/local/nvidia/share"));
    }

    /** A line of driver-files.txt. */
    record Library(String name, String suffix, String soname, boolean narrow, List<String> capabilities) {

        String file() {
            return "lib" + name + ".so." + suffix;
        }
    }

    static List<Library> libraries(String version) throws IOException {
        List<Library> libraries = new ArrayList<>();
        try (InputStream in = DriverLayout.class.getResourceAsStream("driver-files.txt");
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line :
                    lines.lines().filter(each -> !each.startsWith("#")).toList()) {
                String[] words = line.split("\\s+", -1);
                int major = DriverVersion.major(version);
                boolean early = !words[3].equals("-") && major < Integer.parseInt(words[3]);
                boolean late = !words[4].equals("-") && major > Integer.parseInt(words[4]);
                if (!early && !late) {
                    libraries.add(new Library(
                            words[0],
                            words[1].equals("V") ? version : words[1],
                            "lib" + words[0] + ".so." + (words[2].equals("V") ? version : words[2]),
                            words[5].equals("32"),
                            List.of(words[6].split(",", -1))));
                }
            }
        }
        return libraries;
    }

    void make(Path root, String version) throws IOException, InterruptedException {
        Path scratch = Files.createTempDirectory("driver");
        Path source = Files.writeString(scratch.resolve("library.c"), "int jrun_answer(void) { return 42; }\n");
        for (Library library : libraries(version)) {
            compile(source, root.resolve(lib), library, "-m64");
            if (library.narrow()) {
                compile(source, root.resolve(lib32), library, "-m32");
            }
        }
        write(root.resolve(bin).resolve("nvidia-smi"), "#!/bin/sh\n");
        write(root.resolve(share).resolve("vulkan/icd.d/nvidia_icd.json"), "{}");
        write(root.resolve(share).resolve("nvidia/nvoptix.bin"), "weights");
        Files.delete(source);
        Files.delete(scratch);
    }

    private static void compile(Path source, Path directory, Library library, String width)
            throws IOException, InterruptedException {
        Files.createDirectories(directory);
        Path file = directory.resolve(library.file());
        Libraries.run(List.of(
                "gcc",
                width,
                "-nostdlib",
                "-shared",
                "-fPIC",
                "-Wl,-soname," + library.soname(),
                "-o",
                file.toString(),
                source.toString()));
        Path link = directory.resolve(library.soname());
        if (!Files.exists(link)) {
            Files.createSymbolicLink(link, file.getFileName());
        }
    }

    private static void write(Path file, String content) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }
}
