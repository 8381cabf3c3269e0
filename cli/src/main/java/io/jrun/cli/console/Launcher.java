package io.jrun.cli.console;

import java.nio.file.Path;
import java.util.Map;

/** What {@code bin/jrun} tells the JVM that it starts, in variables that no process of a user sees. */
public record Launcher(Map<String, String> environment) {

    /** The directory of the installation. */
    public Path home() {
        return Path.of(variable("JRUN_HOME"));
    }

    /** The program itself. */
    public Path program() {
        return home().resolve("bin/jrun");
    }

    /** The descriptor that it reads a plan from. */
    public int planDescriptor() {
        return Integer.parseInt(variable("JRUN_PLAN_FD"));
    }

    /** It runs no plans but those for its own build. */
    public int build() {
        return Integer.parseInt(variable("JRUN_BUILD"));
    }

    private String variable(String name) {
        String value = environment.get(name);
        if (value == null) {
            throw new IllegalStateException(name + " is not set: this is to be run by bin/jrun");
        }
        return value;
    }
}
