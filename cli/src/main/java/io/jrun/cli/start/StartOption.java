package io.jrun.cli.start;

import java.util.List;
import java.util.Optional;

/** The options of {@code start}: the parser and the help page are both made from this table. */
public enum StartOption {
    WRITABLE("--rw", "", false, "Write to the container's root file system instead of seeing it read-only."),
    ROOT("-r --root", "", false, "Appear as root inside; changes of ownership are pretended."),
    ENVIRONMENT(
            "-e --env",
            "KEY[=VALUE]",
            true,
            "Set a variable; without a value it is copied from your environment at each start."),
    MOUNT(
            "-v -m --volume --mount",
            "SRC[:DST[:OPTS]]",
            true,
            "Show a file or directory of the host inside, at the same path or at DST. OPTS is a comma-separated list of"
                    + " ro, rw, nosuid, nodev, noexec, rbind, bind."),
    WORKING_DIRECTORY("-w --workdir", "DIR", false, "Working directory inside; the image's by default."),
    EXPLAIN("--explain", "", false, "Print what would be done and why, and start nothing."),
    FORMAT("--format", "FORMAT", false, "How --explain prints: text (default) or json."),
    HELP("-h --help", "", false, "Show this help and exit.");

    private final String names;
    private final String parameter;
    private final boolean repeatable;
    private final String description;

    StartOption(String names, String parameter, boolean repeatable, String description) {
        this.names = names;
        this.parameter = parameter;
        this.repeatable = repeatable;
        this.description = description;
    }

    List<String> names() {
        return List.of(names.split(" ", -1));
    }

    /** How the value is called in the help; empty for a switch. */
    Optional<String> parameter() {
        return parameter.isEmpty() ? Optional.empty() : Optional.of(parameter);
    }

    boolean repeatable() {
        return repeatable;
    }

    String description() {
        return description;
    }

    static Optional<StartOption> named(String name) {
        for (StartOption option : values()) {
            if (option.names().contains(name)) {
                return Optional.of(option);
            }
        }
        return Optional.empty();
    }
}
