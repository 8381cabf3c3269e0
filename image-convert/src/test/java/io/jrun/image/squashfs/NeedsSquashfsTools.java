package io.jrun.image.squashfs;

import java.io.IOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** For tests whose judge is mksquashfs or unsquashfs; {@code -Djrun.require=squashfs-tools} forbids to skip them. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@Tag("needs-squashfs-tools")
@ExtendWith(NeedsSquashfsTools.Condition.class)
@interface NeedsSquashfsTools {

    /** Looks for the programs. */
    final class Condition implements ExecutionCondition {

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            boolean required = Arrays.asList(
                            System.getProperty("jrun.require", "").split(",", -1))
                    .contains("squashfs-tools");
            return required || (runs("mksquashfs") && runs("unsquashfs"))
                    ? ConditionEvaluationResult.enabled("squashfs-tools are there or required")
                    : ConditionEvaluationResult.disabled("no mksquashfs here; install squashfs-tools");
        }

        private static boolean runs(String program) {
            try {
                new ProcessBuilder(program, "-version")
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor();
                return true;
            } catch (IOException notFound) {
                return false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
    }
}
