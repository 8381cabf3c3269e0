package io.jrun.image.layer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips where a program is missing; {@code -Djrun.require=NEED} makes the skip a failure. */
abstract class ProgramCondition implements ExecutionCondition {

    private final String need;
    private final String[] programs;

    ProgramCondition(String need, String... programs) {
        this.need = need;
        this.programs = programs;
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        Optional<String> missing = missing();
        if (missing.isEmpty()) {
            return ConditionEvaluationResult.enabled(need + " is here");
        }
        if (Arrays.asList(System.getProperty("jrun.require", "").split(",", -1)).contains(need)) {
            throw new IllegalStateException("-Djrun.require=" + need + ", but " + missing.get());
        }
        return ConditionEvaluationResult.disabled(missing.get());
    }

    Optional<String> missing() {
        for (String program : programs) {
            boolean found = Arrays.stream(System.getenv("PATH").split(":", -1))
                    .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
            if (!found) {
                return Optional.of(program + " is not installed; `apt-get install " + program + "` enables this test");
            }
        }
        return Optional.empty();
    }

    static boolean isRoot() {
        try {
            return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
        } catch (IOException e) {
            throw new IllegalStateException("no /proc/self", e);
        }
    }
}
