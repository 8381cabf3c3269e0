package io.jrun.image.squashfs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Programs of the host that act as judges. */
final class Commands {

    private Commands() {}

    /** Returns what it prints to either stream; fails when it does. */
    static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        int status = process.waitFor();
        if (status != 0) {
            throw new AssertionError(String.join(" ", command) + " exited " + status + ": " + output);
        }
        return output;
    }

    /** Whether squashfs-tools were built with a compressor, which they list when called without arguments. */
    static boolean isBuiltInto(String program, String compressor) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(program).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        process.waitFor();
        return output.lines()
                .anyMatch(
                        line -> line.strip().equals(compressor) || line.strip().startsWith(compressor + " "));
    }
}
