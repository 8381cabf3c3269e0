package io.jrun.runtime.check;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program that is run to see how it ends. */
final class Child {

    private static final int MAX_TALK = 1 << 16;

    /**
     * How it ended.
     *
     * @param talk its standard error, of which the beginning
     */
    record End(int status, String talk) {

        /** The first line of the talk. */
        String firstLine() {
            return talk.lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .findFirst()
                    .orElse("");
        }
    }

    private Child() {}

    /**
     * Runs a program to its end, its standard error in a file of {@code directory}, which is the working directory.
     *
     * @throws IOException when it cannot be run, or does not end in time; it is killed then
     */
    static End run(List<String> words, Map<String, String> environment, Path directory, int limitSeconds)
            throws IOException {
        File talk = directory.resolve("talk").toFile();
        ProcessBuilder builder = new ProcessBuilder(words).directory(directory.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.redirectInput(new File("/dev/null")).redirectOutput(new File("/dev/null"));
        builder.redirectError(talk);
        Process process = builder.start();
        try {
            if (!process.waitFor(limitSeconds, TimeUnit.SECONDS)) {
                throw new IOException(words.get(0) + " did not end within " + limitSeconds + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + words.get(0) + " ran", e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        byte[] bytes = Files.readAllBytes(talk.toPath());
        return new End(
                process.exitValue(), new String(bytes, 0, Math.min(bytes.length, MAX_TALK), StandardCharsets.UTF_8));
    }
}
