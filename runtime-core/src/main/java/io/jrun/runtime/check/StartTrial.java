package io.jrun.runtime.check;

import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.runtime.check.Trial.NotTried;
import io.jrun.runtime.check.Trial.Refused;
import io.jrun.runtime.check.Trial.Worked;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.store.ContainerName;
import io.jrun.runtime.store.ContainerRecord.ImageOrigin;
import io.jrun.runtime.store.ContainerStore;
import io.jrun.runtime.store.ContainerStore.CreateMode;
import io.jrun.runtime.store.RootfsFiller.Filled;
import io.jrun.runtime.store.TreeOperations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Starts an empty container with a command that it does not have. Namespaces, mounts and the switch of the root come
 * before the search for the command, so that a start which ends with "not found" did all of them; and it is the
 * installed starter that does them, whose name profiles and policies of the host know.
 */
final class StartTrial {

    private static final int COMMAND_NOT_FOUND = 127;
    private static final int LIMIT_SECONDS = 120;
    private static final String NAME = "jrun-check";
    private static final String TALK = "jrun: ";
    private static final String HINT = "hint: ";

    /** To where its reader is already. */
    private static final String POINTER = " \\(more: jrun check [A-Za-z]+\\)$";

    private StartTrial() {}

    /**
     * @param launcher bin/jrun of this installation
     * @param options of {@code jrun start}
     * @param parents where the container may lie, best first
     */
    static Trial run(
            Path launcher, List<String> options, List<Path> parents, Map<String, String> environment, HostFiles files) {
        if (!Files.isExecutable(launcher)) {
            return new NotTried(launcher + " is not there");
        }
        String reason = "no directory for it";
        for (Path parent : parents) {
            try (Scratch scratch = Scratch.in(parent)) {
                return start(launcher, options, scratch.directory(), environment, files);
            } catch (IOException e) {
                reason = e instanceof JrunException ? e.getMessage() : parent + ": " + FileFailure.cause(e);
            }
        }
        return new NotTried(reason);
    }

    private static Trial start(
            Path launcher, List<String> options, Path directory, Map<String, String> environment, HostFiles files)
            throws IOException {
        new ContainerStore(directory, files, noTrees(), note -> {})
                .create(
                        ContainerName.of(NAME),
                        CreateMode.NEW,
                        new ImageOrigin("jrun check", 0, Optional.empty()),
                        Instant.now(),
                        rootfs -> {
                            Files.createDirectory(rootfs);
                            return new Filled(Optional.empty(), Optional.empty(), Map.of());
                        });
        Map<String, String> own = new LinkedHashMap<>(environment);
        own.put("JRUN_DATA_PATH", directory.toString());
        List<String> words = new ArrayList<>(List.of(launcher.toString(), "start"));
        words.addAll(options);
        words.addAll(List.of(NAME, "/jrun-check-no-such-command"));
        return judge(Child.run(words, own, directory, LIMIT_SECONDS));
    }

    static Trial judge(Child.End end) {
        if (end.status() == COMMAND_NOT_FOUND) {
            return new Worked();
        }
        String first = end.firstLine();
        String words = first.startsWith(TALK) ? first.substring(TALK.length()) : first;
        Optional<String> hint = end.talk()
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith(HINT))
                .map(line -> line.substring(HINT.length()).replaceFirst(POINTER, ""))
                .findFirst();
        return new Refused(words.isEmpty() ? "it ended with status " + end.status() : words, hint);
    }

    /** Nothing is replaced or removed in a store that is thrown away as a whole. */
    private static TreeOperations noTrees() {
        return new TreeOperations() {
            @Override
            public void removeTree(Path directory) {}

            @Override
            public boolean exchange(Path one, Path other) {
                return false;
            }
        };
    }
}
