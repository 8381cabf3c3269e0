package io.jrun.runtime.store;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostPaths;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where containers lie: {@code $JRUN_DATA_PATH}, else {@code $XDG_DATA_HOME/jrun}, else {@code $HOME/.local/share/jrun}.
 * The native launcher follows the same rule. An empty variable counts as unset.
 *
 * @param consulted the variables that decided, in the order they were asked
 *     <p>Source: XDG Base Directory Specification 0.8, "Environment variables".
 */
public record DataPath(Path path, List<String> consulted) {

    private static final String JRUN = "JRUN_DATA_PATH";
    private static final String XDG = "XDG_DATA_HOME";
    private static final String HOME = "HOME";

    public DataPath {
        consulted = List.copyOf(consulted);
    }

    public static DataPath of(Map<ByteString, ByteString> environment) throws UsageException {
        Optional<ByteString> own = variable(environment, JRUN);
        if (own.isPresent()) {
            return new DataPath(absolute(JRUN, own.get()), List.of(JRUN));
        }
        Optional<ByteString> xdg = variable(environment, XDG);
        if (xdg.isPresent()) {
            return new DataPath(absolute(XDG, xdg.get()).resolve("jrun"), List.of(JRUN, XDG));
        }
        Optional<ByteString> home = variable(environment, HOME);
        if (home.isPresent()) {
            return new DataPath(absolute(HOME, home.get()).resolve(".local/share/jrun"), List.of(JRUN, XDG, HOME));
        }
        throw new UsageException(Failure.of("find the containers", "neither JRUN_DATA_PATH nor HOME is set")
                .hint("export JRUN_DATA_PATH=/some/directory"));
    }

    private static Optional<ByteString> variable(Map<ByteString, ByteString> environment, String name) {
        ByteString value = environment.get(ByteString.of(name));
        return value == null || value.isEmpty() ? Optional.empty() : Optional.of(value);
    }

    private static Path absolute(String name, ByteString value) throws UsageException {
        Optional<Path> path = value.byteAt(0) == '/' ? HostPaths.toPath(value) : Optional.empty();
        if (path.isEmpty()) {
            throw new UsageException(Failure.of("use " + name + "=" + value, "it is no absolute path in UTF-8")
                    .hint("export " + name + "=/some/directory"));
        }
        return path.get();
    }
}
