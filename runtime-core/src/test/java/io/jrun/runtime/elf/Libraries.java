package io.jrun.runtime.elf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Makes real ELF files with the compiler. */
public final class Libraries {

    private Libraries() {}

    /** A library that needs libc, with a soname; its file name is the path's. */
    public static Path make(Path file, String soname, String... moreOptions) throws IOException, InterruptedException {
        Files.createDirectories(file.getParent());
        Path source = Files.createTempFile("library", ".c");
        Files.writeString(
                source, "#include <stdlib.h>\nint jrun_answer(void) { return getenv(\"JRUN\") ? 42 : 41; }\n");
        List<String> words = new ArrayList<>(List.of("gcc", "-shared", "-fPIC", "-Wl,-soname," + soname));
        words.addAll(List.of(moreOptions));
        words.addAll(List.of("-o", file.toString(), source.toString()));
        run(words);
        Files.delete(source);
        return file;
    }

    /** Of symbols with versions of its own, one after the other. */
    public static Path makeVersioned(Path file, String soname, String... versions)
            throws IOException, InterruptedException {
        StringBuilder script = new StringBuilder();
        for (int i = 0; i < versions.length; i++) {
            script.append(versions[i]).append(i == 0 ? " { global: jrun_answer; local: *; };\n" : " { };\n");
        }
        Path map = Files.createTempFile("versions", ".map");
        Files.writeString(map, script.toString());
        make(file, soname, "-Wl,--version-script=" + map);
        Files.delete(map);
        return file;
    }

    public static void run(List<String> words) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String talk = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), words + ": " + talk);
    }
}
