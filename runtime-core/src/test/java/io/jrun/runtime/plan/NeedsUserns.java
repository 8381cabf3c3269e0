package io.jrun.runtime.plan;

import java.io.IOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** For tests that need a host where an unprivileged user may make user namespaces. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Tag("needs-userns")
@ExtendWith(NeedsUserns.Condition.class)
@interface NeedsUserns {

    /** Skips with the reason, or fails where {@code -Djrun.require=userns} forbids skipping. */
    final class Condition implements ExecutionCondition {

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            String reason = refusal();
            if (reason.isEmpty()) {
                return ConditionEvaluationResult.enabled("user namespaces work");
            }
            if (List.of(System.getProperty("jrun.require", "").split(",")).contains("userns")) {
                throw new IllegalStateException("userns is required and missing: " + reason);
            }
            return ConditionEvaluationResult.disabled(
                    "no user namespace: " + reason + "; sysctl user.max_user_namespaces or an AppArmor profile helps");
        }

        private static String refusal() {
            try {
                Process process = new ProcessBuilder("unshare", "--user", "--map-root-user", "--mount", "true")
                        .redirectErrorStream(true)
                        .start();
                process.getOutputStream().close();
                String output = new String(process.getInputStream().readAllBytes(), StarterFixture.LOCALE);
                return process.waitFor() == 0 ? "" : output;
            } catch (IOException e) {
                return e.getMessage();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return e.toString();
            }
        }
    }
}
