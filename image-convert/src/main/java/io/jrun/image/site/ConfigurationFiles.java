package io.jrun.image.site;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.StorageException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the containers tools keep their configuration. Source: containers-registries.conf(5), containers-certs.d(5).
 *
 * @param system {@code /etc}, but for tests
 */
public record ConfigurationFiles(Map<String, String> environment, Path system) {

    public ConfigurationFiles {
        environment = Map.copyOf(environment);
    }

    public static ConfigurationFiles ofThisHost(Map<String, String> environment) {
        return new ConfigurationFiles(environment, Path.of("/etc"));
    }

    /** The user's own directory of the containers tools. */
    Optional<Path> ofUser() {
        return variable("XDG_CONFIG_HOME")
                .map(Path::of)
                .or(() -> variable("HOME").map(home -> Path.of(home, ".config")))
                .map(directory -> directory.resolve("containers"));
    }

    Path ofSystem() {
        return system.resolve("containers");
    }

    Optional<Path> shortNamesOfUser() {
        return variable("XDG_CACHE_HOME")
                .map(Path::of)
                .or(() -> variable("HOME").map(home -> Path.of(home, ".cache")))
                .map(directory -> directory.resolve("containers").resolve("short-name-aliases.conf"));
    }

    Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
    }

    /** The files of a directory with one of the endings, by name; none where there is no such directory. */
    static List<Path> list(Path directory, String... endings) throws StorageException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                for (String ending : endings) {
                    if (entry.toString().endsWith(ending)) {
                        files.add(entry);
                    }
                }
            }
        } catch (NoSuchFileException | NotDirectoryException absent) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw unreadable(directory, e.getCause());
        } catch (IOException e) {
            throw unreadable(directory, e);
        }
        files.sort(Comparator.comparing(Path::toString));
        return files;
    }

    static StorageException unreadable(Path path, IOException e) {
        return new StorageException(
                Failure.of("read " + path, FileFailure.cause(e)).hint("check its permissions: `ls -ld " + path + "`"),
                e);
    }
}
