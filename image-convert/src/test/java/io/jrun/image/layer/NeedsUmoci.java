package io.jrun.image.layer;

import java.io.IOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips, with the reason, where umoci cannot unpack as root; {@code -Djrun.require=umoci} makes the skip a failure. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("needs-umoci")
@ExtendWith(NeedsUmoci.Condition.class)
@interface NeedsUmoci {

    /** Looks for the program and for root. */
    final class Condition implements ExecutionCondition {

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            Optional<String> missing = missing();
            if (missing.isEmpty()) {
                return ConditionEvaluationResult.enabled("umoci runs as root");
            }
            boolean required = Arrays.asList(System.getProperty("jrun.require", "").split(",", -1)).contains("umoci");
            if (required) {
                throw new IllegalStateException("-Djrun.require=umoci, but " + missing.get());
            }
            return ConditionEvaluationResult.disabled(missing.get());
        }

        private static Optional<String> missing() {
            for (String program : new String[] {"umoci", "tar"}) {
                boolean found = Arrays.stream(System.getenv("PATH").split(":", -1))
                        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
                if (!found) {
                    return Optional.of(program + " is not installed; apt-get install " + program + " enables this test");
                }
            }
            return isRoot() ? Optional.empty() : Optional.of("this is not root; only root may make any owner and device");
        }

        private static boolean isRoot() {
            try {
                return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
            } catch (IOException e) {
                throw new IllegalStateException("no /proc/self", e);
            }
        }
    }
}
