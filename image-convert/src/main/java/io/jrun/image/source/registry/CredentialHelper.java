package io.jrun.image.source.registry;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * A program {@code docker-credential-NAME} that keeps secrets: asked for a server address on its input, it prints a JSON
 * object. Source: the protocol of docker-credential-helpers, {@code get}.
 */
final class CredentialHelper {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

    /** What every helper prints when it knows no such server: an answer, not a failure. */
    private static final String NOT_FOUND = "credentials not found";

    /** In place of a user name: the secret is a refresh token. */
    private static final String TOKEN_USER = "<token>";

    /** Helpers may ask a key server, or the user; a job must not hang on them for ever. */
    private static final Duration TIME_LIMIT = Duration.ofMinutes(1);

    private static final int MAX_ANSWER_SIZE_IN_BYTES = 1 << 20;

    private final Path program;
    private final Map<String, String> environment;

    private CredentialHelper(Path program, Map<String, String> environment) {
        this.program = program;
        this.environment = environment;
    }

    static CredentialHelper named(String name, Map<String, String> environment) throws HostUnsupportedException {
        String file = "docker-credential-" + name;
        if (NAME.matcher(name).matches()) {
            for (String directory : environment.getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
                Path candidate = Path.of(directory, file);
                if (candidate.isAbsolute() && Files.isExecutable(candidate)) {
                    return new CredentialHelper(candidate, environment);
                }
            }
        }
        throw new HostUnsupportedException(
                Failure.of("run " + file, "the credentials file asks for it and it is not on PATH")
                        .hint("install it, or name another credentials file with --authfile"));
    }

    /** Empty when the helper knows no such server. */
    Optional<Credentials> credentials(String serverAddress) throws JrunException {
        try {
            Answer answer = ask(serverAddress);
            if (answer.exitStatus == 0) {
                return Optional.of(read(answer.output));
            }
            if (answer.output.contains(NOT_FOUND)) {
                return Optional.empty();
            }
            throw new DeniedException(Failure.of(
                            "get credentials for " + serverAddress,
                            program + " failed with exit status " + answer.exitStatus)
                    .hint("try it by hand: `echo " + serverAddress + " | " + program + " get`"));
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw new HostUnsupportedException(
                    Failure.of("run " + program, "it cannot be started or does not answer")
                            .hint("try it by hand: `echo " + serverAddress + " | " + program + " get`"),
                    e);
        }
    }

    private record Answer(int exitStatus, String output) {}

    private Answer ask(String serverAddress) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(program.toString(), "get").redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        Thread watchdog = new Thread(() -> endAfterLimit(process), "credential-helper-watchdog");
        watchdog.setDaemon(true);
        watchdog.start();
        try {
            tell(process, serverAddress);
            byte[] output = process.getInputStream().readNBytes(MAX_ANSWER_SIZE_IN_BYTES);
            return new Answer(process.waitFor(), new String(output, StandardCharsets.UTF_8));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for " + program);
        } finally {
            process.destroyForcibly();
        }
    }

    private static void tell(Process process, String serverAddress) {
        try (OutputStream input = process.getOutputStream()) {
            input.write(serverAddress.getBytes(StandardCharsets.UTF_8));
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

    private Credentials read(String output) throws CorruptDataException {
        JsonValue answer = Json.parse(output.getBytes(StandardCharsets.UTF_8), "answer of " + program);
        Secret secret = new Secret(answer.string("Secret").orElse(""));
        String user = answer.string("Username").orElse("");
        return user.equals(TOKEN_USER) ? new Credentials.IdentityToken(secret) : new Credentials.Password(user, secret);
    }
}
