package io.jrun.image.account;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A program {@code docker-credential-NAME} that keeps secrets: told what to do by its argument and with which server on
 * its input. Source: the protocol of docker-credential-helpers.
 */
final class CredentialHelper {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

    /** What every helper prints when it knows no such server: an answer, not a failure. */
    private static final String NOT_FOUND = "credentials not found";

    /** In place of a user name: the secret is a refresh token. */
    private static final String TOKEN_USER = "<token>";

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
                Failure.of("run " + file, "the credentials file or registries.conf asks for it and it is not on PATH")
                        .hint("install it, or name another credentials file with --authfile"));
    }

    /** Empty when the helper knows no such server. */
    Optional<Credentials> credentials(String serverAddress) throws JrunException {
        HelperProcess.Answer answer = ask("get", serverAddress);
        if (answer.exitStatus() == 0) {
            return Optional.of(read(answer.output()));
        }
        if (answer.output().contains(NOT_FOUND)) {
            return Optional.empty();
        }
        throw failed(
                "get credentials for " + serverAddress, answer, "`echo " + serverAddress + " | " + program + " get`");
    }

    void store(String serverAddress, Credentials.Password account) throws JrunException {
        Map<String, JsonValue> question = new LinkedHashMap<>();
        question.put("ServerURL", JsonValue.of(serverAddress));
        question.put("Username", JsonValue.of(account.user()));
        question.put("Secret", JsonValue.of(account.password().reveal()));
        byte[] text = Json.toBytes(new JsonValue.JsonObject(question));
        HelperProcess.Answer answer = ask("store", new String(text, StandardCharsets.UTF_8));
        if (answer.exitStatus() != 0) {
            throw failed("store the account for " + serverAddress, answer, "`" + program + " list`");
        }
    }

    /** Does nothing where the helper knows no such server. */
    void erase(String serverAddress) throws JrunException {
        HelperProcess.Answer answer = ask("erase", serverAddress);
        if (answer.exitStatus() != 0 && !answer.output().contains(NOT_FOUND)) {
            throw failed(
                    "forget the account for " + serverAddress,
                    answer,
                    "`echo " + serverAddress + " | " + program + " erase`");
        }
    }

    private DeniedException failed(String what, HelperProcess.Answer answer, String byHand) {
        return new DeniedException(Failure.of(what, program + " failed with exit status " + answer.exitStatus())
                .hint("try it by hand: " + byHand));
    }

    private HelperProcess.Answer ask(String action, String question) throws JrunException {
        try {
            return HelperProcess.ask(List.of(program.toString(), action), question, environment);
        } catch (IOException e) {
            throw new HostUnsupportedException(
                    Failure.of("run " + program, "it cannot be started or does not answer")
                            .hint("try it by hand: `" + program + " list`"),
                    e);
        }
    }

    private Credentials read(String output) throws CorruptDataException {
        JsonValue answer = Json.parse(output.getBytes(StandardCharsets.UTF_8), "answer of " + program);
        Secret secret = new Secret(answer.string("Secret").orElse(""));
        String user = answer.string("Username").orElse("");
        return user.equals(TOKEN_USER) ? new Credentials.IdentityToken(secret) : new Credentials.Password(user, secret);
    }
}
