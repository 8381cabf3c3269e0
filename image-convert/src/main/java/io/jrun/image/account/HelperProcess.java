package io.jrun.image.account;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A short-lived program that knows a secret: asked on its input, it answers on its output. */
final class HelperProcess {

    /** Helpers may ask a key server, or the user; a job must not hang on them for ever. */
    private static final Duration TIME_LIMIT = Duration.ofMinutes(1);

    private static final int MAX_ANSWER_SIZE_IN_BYTES = 1 << 20;

    private HelperProcess() {}

    record Answer(int exitStatus, String output) {
        @Override
        public String toString() {
            return "exit status " + exitStatus;
        }
    }

    /** @param environment all that the program sees of ours */
    static Answer ask(List<String> command, String question, Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        Thread watchdog = new Thread(() -> endAfterLimit(process), "credential-helper-watchdog");
        watchdog.setDaemon(true);
        watchdog.start();
        try {
            tell(process, question);
            byte[] output = process.getInputStream().readNBytes(MAX_ANSWER_SIZE_IN_BYTES);
            return new Answer(process.waitFor(), new String(output, StandardCharsets.UTF_8));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for " + command.get(0));
        } finally {
            process.destroyForcibly();
        }
    }

    private static void tell(Process process, String question) {
        try (OutputStream input = process.getOutputStream()) {
            input.write(question.getBytes(StandardCharsets.UTF_8));
        } catch (IOException brokenPipe) {
            // A helper may end without having read the question; what it says and how it ends is the answer.
        }
    }

    private static void endAfterLimit(Process process) {
        try {
            if (!process.waitFor(TIME_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
