package io.jrun.image.account;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import io.jrun.error.UsageException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.posix.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps accounts in the file that skopeo and podman read too. What else the file holds stays as it is; it is replaced as
 * a whole, so that no reader sees half of it. Source: containers-auth.json(5).
 */
public final class AccountStore {

    private static final int MAX_FILE_SIZE_IN_BYTES = 1 << 20;

    private final Map<String, String> environment;
    private final AuthFilePaths paths;

    /** @param chosenFile what the user named, else the containers' file below his configuration */
    public AccountStore(Map<String, String> environment, Optional<Path> chosenFile) {
        this.environment = Map.copyOf(environment);
        this.paths = new AuthFilePaths(environment, chosenFile);
    }

    /**
     * Keeps an account, instead of one that was there. An entry of a file that would be read before is removed.
     *
     * @param key a registry, or a registry and the beginning of a path
     * @return where it is kept now
     */
    public String store(String key, Credentials.Password account) throws JrunException {
        Path file = target();
        for (Path other : paths.single().isPresent() ? List.<Path>of() : paths.ofContainers()) {
            if (!other.equals(file)) {
                eraseEntry(other, key);
            }
        }
        Map<String, JsonValue> members = read(file);
        Optional<String> helper = helper(new JsonObject(members), key);
        if (helper.isPresent()) {
            CredentialHelper.named(helper.get(), environment).store(CredentialFiles.serverAddress(key), account);
            return "docker-credential-" + helper.get();
        }
        Map<String, JsonValue> entries = entries(members);
        entries.keySet().removeIf(name -> CredentialFiles.normalized(name).equals(key));
        String pair = account.user() + ':' + account.password().reveal();
        String auth = Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
        entries.put(key, new JsonObject(Map.of("auth", JsonValue.of(auth))));
        members.put("auths", new JsonObject(entries));
        write(file, members);
        return file.toString();
    }

    /**
     * Forgets an account in every file that this class would write to.
     *
     * @return where it was
     */
    public List<String> erase(String key) throws JrunException {
        List<String> places = new ArrayList<>();
        for (Path file : files()) {
            Optional<String> helper = helper(new JsonObject(read(file)), key);
            if (helper.isPresent()) {
                CredentialHelper.named(helper.get(), environment).erase(CredentialFiles.serverAddress(key));
                places.add("docker-credential-" + helper.get());
            }
            if (eraseEntry(file, key)) {
                places.add(file.toString());
            }
        }
        return places;
    }

    /** Forgets all accounts that the files themselves hold, and those of helpers for single registries. */
    public List<String> eraseAll() throws JrunException {
        List<String> places = new ArrayList<>();
        for (Path file : files()) {
            Map<String, JsonValue> members = read(file);
            for (Map.Entry<String, String> helper :
                    new JsonObject(members).stringMap("credHelpers").entrySet()) {
                CredentialHelper.named(helper.getValue(), environment)
                        .erase(CredentialFiles.serverAddress(helper.getKey()));
            }
            if (!entries(members).isEmpty()) {
                members.put("auths", new JsonObject(Map.of()));
                write(file, members);
                places.add(file.toString());
            }
        }
        return places;
    }

    private Path target() throws UsageException {
        return paths.single()
                .or(paths::persistent)
                .orElseThrow(() -> new UsageException(
                        Failure.of("find the credentials file", "neither XDG_CONFIG_HOME nor HOME is set")
                                .hint("name one with --authfile")));
    }

    private List<Path> files() {
        return paths.single().map(List::of).orElseGet(paths::ofContainers);
    }

    private boolean eraseEntry(Path file, String key) throws JrunException {
        Map<String, JsonValue> members = read(file);
        Map<String, JsonValue> entries = entries(members);
        boolean found = entries.keySet()
                .removeIf(name -> CredentialFiles.normalized(name).equals(key));
        if (found) {
            members.put("auths", new JsonObject(entries));
            write(file, members);
        }
        return found;
    }

    private static Optional<String> helper(JsonObject content, String key) {
        return Optional.ofNullable(content.stringMap("credHelpers").get(key))
                .or(() -> content.string("credsStore").filter(name -> !name.isEmpty()));
    }

    private static Map<String, JsonValue> entries(Map<String, JsonValue> members) {
        return members.get("auths") instanceof JsonObject entries
                ? new LinkedHashMap<>(entries.members())
                : new LinkedHashMap<>();
    }

    private static Map<String, JsonValue> read(Path file) throws JrunException {
        try {
            if (Files.size(file) > MAX_FILE_SIZE_IN_BYTES) {
                throw new CorruptDataException(
                        Failure.of("change " + file, "it has more than " + MAX_FILE_SIZE_IN_BYTES + " bytes"));
            }
            byte[] content = Files.readAllBytes(file);
            if (content.length > 0 && Json.parse(content, "credentials file " + file) instanceof JsonObject object) {
                return new LinkedHashMap<>(object.members());
            }
            return new LinkedHashMap<>();
        } catch (NoSuchFileException | NotDirectoryException absent) {
            return new LinkedHashMap<>();
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw notUsable("read credentials from ", file, e);
        }
    }

    private static void write(Path file, Map<String, JsonValue> members) throws JrunException {
        try {
            // Where people keep such files elsewhere, the link stays and what it names is replaced.
            Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
            Path directory = target.resolveSibling(".");
            Files.createDirectories(directory.normalize(), OwnerOnly.DIRECTORY);
            Path temporary = Files.createTempFile(directory.normalize(), ".auth", ".json", OwnerOnly.FILE);
            try {
                try (FileChannel channel = FileChannel.open(temporary, Set.of(StandardOpenOption.WRITE))) {
                    ByteBuffer text = StandardCharsets.UTF_8.encode(Json.toPrettyText(new JsonObject(members)) + "\n");
                    while (text.hasRemaining()) {
                        channel.write(text);
                    }
                    channel.force(true);
                }
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw notUsable("write credentials to ", file, e);
        }
    }

    private static StorageException notUsable(String what, Path file, IOException e) {
        return new StorageException(
                Failure.of(what + file, FileFailure.cause(e)).hint("name another file with --authfile"), e);
    }
}
