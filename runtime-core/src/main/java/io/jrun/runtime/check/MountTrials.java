package io.jrun.runtime.check;

import io.jrun.error.FileFailure;
import io.jrun.runtime.check.Trial.NotTried;
import io.jrun.runtime.check.Trial.Refused;
import io.jrun.runtime.check.Trial.Worked;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Mounts in a namespace of their own, by unshare(1) and mount(8). */
final class MountTrials {

    private static final int LIMIT_SECONDS = 20;
    private static final List<String> NAMESPACE =
            List.of("unshare", "--user", "--map-root-user", "--mount", "--propagation", "private", "sh", "-c");

    /** Hides a file and a directory of the lower layer, which needs more of the upper one than plain writing. */
    private static final String OVERLAY = """
            set -e
            mount -i -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work,userxattr merged
            rm merged/file
            rm -r merged/old
            mkdir merged/old
            : >merged/new
            test ! -e merged/file
            test ! -e merged/old/inside
            test -e upper/new
            """;

    /** The kernel mounts before anybody answers for the file system, so none is needed. Source: fuse(4). */
    private static final String FUSE = """
            exec 3<>/dev/fuse
            mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 jrun-check merged
            """;

    private final Map<String, String> environment;

    MountTrials(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** An overlay with its upper layer in {@code parent}. */
    Trial overlay(Path parent) {
        return run(parent, OVERLAY);
    }

    /** A file system without content, with its mount point in {@code parent}. */
    Trial fuse(Path parent) {
        return Files.exists(Path.of("/dev/fuse")) ? run(parent, FUSE) : Refused.of("there is no /dev/fuse");
    }

    private Trial run(Path parent, String script) {
        try (Scratch scratch = Scratch.in(parent)) {
            Path directory = scratch.directory();
            Files.createDirectories(directory.resolve("lower/old"));
            Files.createFile(directory.resolve("lower/old/inside"));
            Files.createFile(directory.resolve("lower/file"));
            for (String name : List.of("upper", "work", "merged")) {
                Files.createDirectory(directory.resolve(name));
            }
            List<String> words = new ArrayList<>(NAMESPACE);
            words.add(script);
            return judge(Child.run(words, environment, directory, LIMIT_SECONDS));
        } catch (IOException e) {
            String reason = FileFailure.cause(e);
            return new NotTried(reason.contains("\"unshare\"") ? "unshare(1) is not in PATH" : parent + ": " + reason);
        }
    }

    static Trial judge(Child.End end) {
        if (end.status() == 0) {
            return new Worked();
        }
        String words = end.firstLine();
        if (words.startsWith("unshare:") || words.contains("mount: not found")) {
            return new NotTried("it needs a user namespace and util-linux (" + words + ")");
        }
        return Refused.of(words.isEmpty() ? "what was written is not what is read" : words);
    }
}
