package io.jrun.image.account;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Accounts in enroot's {@code $ENROOT_CONFIG_PATH/.credentials}. A secret may be {@code $NAME}, a variable of the
 * environment, or {@code $(COMMAND)}: a file of passwords is no program, so commands run only where {@value #SHELL_VARIABLE}
 * is {@code 1}. Source: enroot's documentation, import.
 */
final class EnrootCredentials {

    static final String SHELL_VARIABLE = "JRUN_CREDENTIALS_SHELL";

    private static final int MAX_FILE_SIZE_IN_BYTES = 1 << 20;

    private static final Pattern VARIABLE =
            Pattern.compile("\\$(?:\\{([A-Za-z_][A-Za-z0-9_]*)}|([A-Za-z_][A-Za-z0-9_]*))");

    private final Map<String, String> environment;

    EnrootCredentials(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /**
     * The first account for one of the hosts.
     *
     * @param hosts each HOST or HOST:PORT; an entry without a port is good for every port
     */
    Optional<Credentials> lookup(List<String> hosts, Optional<String> user) throws JrunException {
        Optional<Path> file = file();
        if (file.isEmpty()) {
            return Optional.empty();
        }
        List<Netrc.Entry> entries = read(file.get());
        for (String host : hosts) {
            for (Netrc.Entry entry : entries) {
                boolean sameHost = entry.machine().equalsIgnoreCase(host)
                        || entry.machine().equalsIgnoreCase(host.replaceFirst(":[0-9]+$", ""));
                if (sameHost && (user.isEmpty() || user.get().equals(entry.login()))) {
                    return Optional.of(new Credentials.Password(entry.login(), new Secret(secret(entry, file.get()))));
                }
            }
        }
        return Optional.empty();
    }

    private Optional<Path> file() {
        return variable("ENROOT_CONFIG_PATH")
                .map(Path::of)
                .or(() -> variable("XDG_CONFIG_HOME").map(directory -> Path.of(directory, "enroot")))
                .or(() -> variable("HOME").map(home -> Path.of(home, ".config", "enroot")))
                .map(directory -> directory.resolve(".credentials"));
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
    }

    private static List<Netrc.Entry> read(Path file) throws JrunException {
        try {
            if (Files.size(file) > MAX_FILE_SIZE_IN_BYTES) {
                throw new CorruptDataException(Failure.of(
                        "read credentials from " + file, "it has more than " + MAX_FILE_SIZE_IN_BYTES + " bytes"));
            }
            return Netrc.parse(new String(Files.readAllBytes(file), StandardCharsets.UTF_8), file);
        } catch (NoSuchFileException | NotDirectoryException absent) {
            return List.of();
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw new StorageException(
                    Failure.of("read credentials from " + file, FileFailure.cause(e))
                            .hint("check its permissions: `ls -l " + file + "`"),
                    e);
        }
    }

    private String secret(Netrc.Entry entry, Path file) throws JrunException {
        String text = entry.password();
        Matcher name = VARIABLE.matcher(text);
        if (name.matches()) {
            String variable = Optional.ofNullable(name.group(1)).orElse(name.group(2));
            return variable(variable)
                    .orElseThrow(() -> new DeniedException(Failure.of(
                                    "log in to " + entry.machine(),
                                    "its password in " + file + " is $" + variable + ", which is not set")
                            .hint("export " + variable)));
        }
        return text.startsWith("$(") ? ofCommand(entry, file) : text;
    }

    private String ofCommand(Netrc.Entry entry, Path file) throws JrunException {
        if (!environment.getOrDefault(SHELL_VARIABLE, "").equals("1")) {
            throw new DeniedException(Failure.of(
                            "log in to " + entry.machine(), "its password in " + file + " is a command for the shell")
                    .hint("if you trust the file: export " + SHELL_VARIABLE + "=1"));
        }
        try {
            List<String> command = List.of("/bin/sh", "-c", "printf %s \"" + entry.password() + '"');
            HelperProcess.Answer answer = HelperProcess.ask(command, "", environment);
            if (answer.exitStatus() == 0 && !answer.output().isEmpty()) {
                return answer.output();
            }
        } catch (IOException cannotRun) {
            throw new DeniedException(commandFailed(entry, file), cannotRun);
        }
        throw new DeniedException(commandFailed(entry, file));
    }

    private static Failure commandFailed(Netrc.Entry entry, Path file) {
        return Failure.of("log in to " + entry.machine(), "the command for its password in " + file + " gives none")
                .hint("try the command by hand");
    }
}
