package io.jrun.judge;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Skips a test whose needs this machine does not meet, saying why and what would meet them. Needs named in {@code
 * -Djrun.require=} (separated by commas, or {@code all}) fail instead, so that nothing passes by skipping.
 */
final class NeedCondition implements ExecutionCondition {

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        List<String> reasons = new ArrayList<>();
        for (Need need : needs(context)) {
            need.whatTheHostForbids().ifPresent(reasons::add);
            need.whatIsMissing().ifPresent(missing -> reasons.add(reason(need, missing)));
        }
        return reasons.isEmpty()
                ? ConditionEvaluationResult.enabled("all needs are met")
                : ConditionEvaluationResult.disabled(String.join("; ", reasons));
    }

    private static String reason(Need need, String missing) {
        String reason = missing + " (to run this test: " + need.enabledBy() + ")";
        Set<String> required =
                Arrays.stream(System.getProperty("jrun.require", "").split(",")).collect(Collectors.toSet());
        if (required.contains("all") || required.contains(need.spelling())) {
            throw new IllegalStateException("-Djrun.require forbids to skip this test: " + reason);
        }
        return reason;
    }

    private static List<Need> needs(ExtensionContext context) {
        return context.getElement().stream()
                .flatMap(element -> Arrays.stream(element.getAnnotations()))
                .flatMap(annotation ->
                        AnnotationSupport.findAnnotation(annotation.annotationType(), Needs.class).stream())
                .map(Needs::value)
                .toList();
    }
}
