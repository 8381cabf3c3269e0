package io.jrun.image.account;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.image.reference.Repository;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the account for a repository in the JSON files that other tools write, the first of {@link AuthFilePaths} that
 * knows it. Within a file the most specific entry counts: a helper for the registry, then entries for the repository's
 * path and its parents, then the registry, then the default helper. Source: containers-auth.json(5); docker-login(1).
 */
final class CredentialFiles {

    /** Real files stay below a few KiB; also bounds what a wrong path makes us read. */
    private static final int MAX_FILE_SIZE_IN_BYTES = 1 << 20;

    /** The key that Docker writes for its own registry. */
    private static final String DOCKER_HUB_KEY = "index.docker.io";

    private final Map<String, String> environment;
    private final Optional<Path> chosenFile;

    /** @param chosenFile what the user named; it must then exist and is the only one read */
    CredentialFiles(Map<String, String> environment, Optional<Path> chosenFile) {
        this.environment = Map.copyOf(environment);
        this.chosenFile = chosenFile;
    }

    /** The account for a repository, with the user's name where he asked for one. */
    Optional<Credentials> lookup(Repository repository, Optional<String> user) throws JrunException {
        for (Path file : files()) {
            Optional<JsonValue> content = read(file);
            if (content.isPresent()) {
                Optional<Credentials> found = lookup(content.get(), file, repository);
                if (found.isPresent() && matches(found.get(), user)) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    static boolean matches(Credentials found, Optional<String> user) {
        return user.isEmpty()
                || (found instanceof Credentials.Password account
                        && account.user().equals(user.get()));
    }

    private List<Path> files() {
        AuthFilePaths paths = new AuthFilePaths(environment, chosenFile);
        Optional<Path> single = paths.single();
        if (single.isPresent()) {
            return List.of(single.get());
        }
        List<Path> files = new ArrayList<>(paths.ofContainers());
        paths.ofDocker().ifPresent(files::add);
        return files;
    }

    private Optional<JsonValue> read(Path file) throws JrunException {
        try {
            if (Files.size(file) > MAX_FILE_SIZE_IN_BYTES) {
                throw new CorruptDataException(Failure.of(
                        "read credentials from " + file, "it has more than " + MAX_FILE_SIZE_IN_BYTES + " bytes"));
            }
            return Optional.of(Json.parse(Files.readAllBytes(file), "credentials file " + file));
        } catch (NoSuchFileException | NotDirectoryException absent) {
            if (chosenFile.isPresent()) {
                throw new NotFoundException(
                        Failure.of("read credentials from " + file, "there is no such file (ENOENT)")
                                .hint("check --authfile"),
                        absent);
            }
            return Optional.empty();
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            // Root's podman closes /run/containers to everybody else: nobody else has a file there.
            if (!Files.exists(file)
                    && new AuthFilePaths(environment, chosenFile).single().isEmpty()) {
                return Optional.empty();
            }
            throw new StorageException(
                    Failure.of("read credentials from " + file, "the file cannot be read")
                            .hint("check its permissions: `ls -l " + file + "`"),
                    e);
        }
    }

    private Optional<Credentials> lookup(JsonValue content, Path file, Repository repository) throws JrunException {
        Map<String, String> helpers = content.stringMap("credHelpers");
        for (String key : registryKeys(repository)) {
            if (helpers.containsKey(key)) {
                return helper(helpers.get(key)).credentials(serverAddress(repository));
            }
        }
        Optional<Credentials> stored = storedEntry(content, file, repository);
        if (stored.isPresent()) {
            return stored;
        }
        Optional<String> defaultHelper = content.string("credsStore").filter(name -> !name.isEmpty());
        return defaultHelper.isPresent()
                ? helper(defaultHelper.get()).credentials(serverAddress(repository))
                : Optional.empty();
    }

    private CredentialHelper helper(String name) throws JrunException {
        return CredentialHelper.named(name, environment);
    }

    private static String serverAddress(Repository repository) {
        return serverAddress(repository.registry());
    }

    /** Docker's own helpers store Docker Hub under the address that Docker's login has always used. */
    static String serverAddress(String registry) {
        return registry.equals(Repository.DOCKER_HUB) ? "https://index.docker.io/v1/" : registry;
    }

    private static Optional<Credentials> storedEntry(JsonValue content, Path file, Repository repository)
            throws JrunException {
        Optional<JsonValue> auths = content.member("auths");
        if (auths.isEmpty() || !(auths.get() instanceof JsonValue.JsonObject entries)) {
            return Optional.empty();
        }
        for (String wanted : entryKeys(repository)) {
            for (Map.Entry<String, JsonValue> entry : entries.members().entrySet()) {
                if (normalized(entry.getKey()).equals(wanted)) {
                    Optional<Credentials> found = entry(entry.getValue(), file, entry.getKey());
                    if (found.isPresent()) {
                        return found;
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** {@code host/a/b}, {@code host/a}, then the host under all its names. */
    private static Set<String> entryKeys(Repository repository) {
        Set<String> keys = new LinkedHashSet<>();
        String path = repository.path();
        while (!path.isEmpty()) {
            keys.add(repository.registry() + '/' + path);
            path = path.substring(0, Math.max(path.lastIndexOf('/'), 0));
        }
        keys.addAll(registryKeys(repository));
        return keys;
    }

    private static Set<String> registryKeys(Repository repository) {
        Set<String> keys = new LinkedHashSet<>(List.of(repository.registry(), repository.apiHost()));
        if (repository.registry().equals(Repository.DOCKER_HUB)) {
            keys.add(DOCKER_HUB_KEY);
        }
        return keys;
    }

    /** Old entries are URLs: scheme and version path carry no meaning. */
    static String normalized(String key) {
        String name = key.replaceFirst("^https?://", "");
        return name.replaceFirst("/(v[12]/?)?$", "");
    }

    private static Optional<Credentials> entry(JsonValue value, Path file, String key) throws JrunException {
        Optional<String> identity = value.string("identitytoken").filter(text -> !text.isEmpty());
        if (identity.isPresent()) {
            return Optional.of(new Credentials.IdentityToken(new Secret(identity.get())));
        }
        Optional<String> auth = value.string("auth").filter(text -> !text.isEmpty());
        if (auth.isPresent()) {
            return Optional.of(decode(auth.get(), file, key));
        }
        Optional<String> user = value.string("username").filter(text -> !text.isEmpty());
        return user.map(name -> new Credentials.Password(
                name, new Secret(value.string("password").orElse(""))));
    }

    private static Credentials decode(String auth, Path file, String key) throws CorruptDataException {
        try {
            String pair = new String(Base64.getDecoder().decode(auth), StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            if (colon > 0) {
                // Old versions of Docker padded the password with zero bytes.
                String password = pair.substring(colon + 1).replaceAll("\0+$", "");
                return new Credentials.Password(pair.substring(0, colon), new Secret(password));
            }
        } catch (IllegalArgumentException notBase64) {
            // Told below, without the text: it may still be a password.
        }
        throw new CorruptDataException(Failure.of(
                        "read credentials from " + file, "\"auth\" of \"" + key + "\" is not base64 of USER:PASSWORD")
                .hint("log in again with `jrun login " + key + "`"));
    }
}
