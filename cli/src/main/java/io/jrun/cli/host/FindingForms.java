package io.jrun.cli.host;

import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.runtime.check.Finding;
import io.jrun.runtime.check.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How findings are printed. */
public final class FindingForms {

    private FindingForms() {}

    /** The members of a document: the verdict on all, and each finding. */
    public static Map<String, JsonValue> members(Verdict verdict, List<Finding> all) {
        List<JsonValue> findings = new ArrayList<>();
        for (Finding finding : all) {
            Map<String, JsonValue> members = new LinkedHashMap<>();
            members.put("key", JsonValue.of(finding.key()));
            members.put("verdict", JsonValue.of(finding.verdict().label()));
            members.put("subject", JsonValue.of(finding.subject()));
            members.put("found", JsonValue.of(finding.found()));
            finding.mend().ifPresent(mend -> members.put("mend", JsonValue.of(mend)));
            findings.add(new JsonObject(members));
        }
        Map<String, JsonValue> root = new LinkedHashMap<>();
        root.put("verdict", JsonValue.of(verdict.label()));
        root.put("findings", new JsonArray(findings));
        return root;
    }

    /** A line for each, and below it what mends it. */
    public static List<String> lines(List<Finding> findings) {
        List<String> lines = new ArrayList<>();
        for (Finding finding : findings) {
            lines.add(String.format(
                    Locale.ROOT, "%-7s  %s: %s", finding.verdict().label(), finding.subject(), finding.found()));
            finding.mend().ifPresent(mend -> lines.add("         mend: " + mend));
        }
        return lines;
    }
}
