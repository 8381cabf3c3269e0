package io.jrun.judge;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A command line with its environment. Immutable; the environment is the few variables below and nothing else. */
record Command(
        List<String> words,
        Account account,
        Map<String, String> environment,
        Optional<Path> directory,
        Optional<byte[]> input,
        Duration limit) {

    /** Generous: it ends what hangs, it measures nothing. */
    private static final Duration LIMIT = Duration.ofMinutes(8);

    static Command of(String... words) {
        return of(List.of(words));
    }

    static Command of(List<String> words) {
        Map<String, String> environment = Map.of("PATH", "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL", "C.UTF-8");
        return new Command(words, Account.ROOT, environment, Optional.empty(), Optional.empty(), LIMIT);
    }

    Command as(Account other) {
        return new Command(words, other, environment, directory, input, limit);
    }

    Command with(String variable, String value) {
        Map<String, String> changed = new LinkedHashMap<>(environment);
        changed.put(variable, value);
        return new Command(words, account, changed, directory, input, limit);
    }

    Command without(String variable) {
        Map<String, String> changed = new LinkedHashMap<>(environment);
        changed.remove(variable);
        return new Command(words, account, changed, directory, input, limit);
    }

    Command in(Path folder) {
        return new Command(words, account, environment, Optional.of(folder), input, limit);
    }

    Command reading(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new Command(words, account, environment, directory, Optional.of(bytes), limit);
    }

    /** The same command behind other words, such as {@code taskset -c 0}. */
    Command behind(String... prefix) {
        List<String> longer = new ArrayList<>(List.of(prefix));
        longer.addAll(words);
        return new Command(longer, account, environment, directory, input, limit);
    }

    /** Not deaf to SIGINT, as all is that the tests start where they themselves run in the background of a shell. */
    Command interruptible() {
        return behind("env", "--default-signal=INT");
    }

    /** What a command left: its exit status (128 + N after signal N) and its output. */
    static final class Result {

        private final List<String> words;
        private final int status;
        private final byte[] output;
        private final byte[] errors;

        Result(List<String> words, int status, byte[] output, byte[] errors) {
            this.words = words;
            this.status = status;
            this.output = output;
            this.errors = errors;
        }

        int status() {
            return status;
        }

        /** Standard output; not a copy. */
        byte[] output() {
            return output;
        }

        /** Standard output without the last newline. */
        String text() {
            return new String(output, StandardCharsets.UTF_8).stripTrailing();
        }

        String talk() {
            return new String(errors, StandardCharsets.UTF_8).stripTrailing();
        }

        /** This result, if the command succeeded. */
        Result orFail() {
            if (status != 0) {
                throw new AssertionError(toString());
            }
            return this;
        }

        @Override
        public String toString() {
            return String.join(" ", words) + "\nended with status " + status + "\nstdout: " + text() + "\nstderr: "
                    + talk();
        }
    }

    /** A command that runs; its output goes to files in {@code folder}. */
    record Running(List<String> words, Process process, Path folder) {

        Result await(Duration limit) {
            try {
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly().waitFor();
                    throw new AssertionError(String.join(" ", words) + "\ndid not end within " + limit + "\nstderr: "
                            + Files.readString(folder.resolve("err"), StandardCharsets.ISO_8859_1));
                }
                return new Result(
                        words,
                        process.exitValue(),
                        Files.readAllBytes(folder.resolve("out")),
                        Files.readAllBytes(folder.resolve("err")));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for " + words, e);
            }
        }

        void signal(String name) {
            Command.of("kill", "-" + name, Long.toString(process.pid())).run();
        }
    }

    Result run() {
        return start().await(limit);
    }

    Running start() {
        List<String> line = new ArrayList<>(account.prefix());
        line.addAll(words);
        try {
            Path folder = Files.createTempDirectory(Workbench.folder(), "run");
            ProcessBuilder builder = new ProcessBuilder(line);
            builder.environment().clear();
            builder.environment().putAll(environment);
            builder.directory(directory.orElse(Path.of("/")).toFile());
            // Appended: of programs that share a place in a file, sendfile(2) lets one overwrite what the other wrote.
            builder.redirectOutput(Redirect.appendTo(folder.resolve("out").toFile()));
            builder.redirectError(Redirect.appendTo(folder.resolve("err").toFile()));
            builder.redirectInput(input.isPresent() ? inputFile(folder) : new File("/dev/null"));
            return new Running(line, builder.start(), folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private File inputFile(Path folder) throws IOException {
        return Files.write(folder.resolve("in"), input.orElseThrow()).toFile();
    }
}
