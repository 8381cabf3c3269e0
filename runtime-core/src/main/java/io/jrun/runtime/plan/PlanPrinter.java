package io.jrun.runtime.plan;

import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.posix.ByteString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Shows a plan: what will be done, in order, and who asked for each mount and variable. */
public final class PlanPrinter {

    /** Longer cells do not widen their column: one long path must not push every other line out of sight. */
    private static final int MAX_PADDED = 40;

    private PlanPrinter() {}

    /**
     * Aligned tables for people.
     *
     * @param caller the environment to show the payload's for
     */
    public static String toText(Plan plan, Map<ByteString, ByteString> caller) {
        StringBuilder text = new StringBuilder();
        List<List<String>> steps = new ArrayList<>();
        steps.add(List.of("STEP", "OBJECT", "OPTIONS", "ORIGIN"));
        for (PlanStep step : plan.steps()) {
            if (!isVariable(step)) {
                StepDescription words = StepDescription.of(step);
                steps.add(List.of(words.name(), words.object(), words.options(), step.origin()));
            }
        }
        appendTable(text, steps);
        text.append('\n');
        List<List<String>> variables = new ArrayList<>();
        variables.add(List.of("VARIABLE", "VALUE", "ORIGIN"));
        for (PayloadEnvironment.Entry entry : PayloadEnvironment.of(plan, caller)) {
            variables.add(List.of(entry.name().toString(), visible(entry.value().toString()), entry.origin()));
        }
        appendTable(text, variables);
        text.append('\n');
        List<List<String>> inputs = new ArrayList<>();
        inputs.add(List.of("COMPILED FROM", "VALUE"));
        for (PlanInput input : plan.inputs()) {
            inputs.add(row(input));
        }
        appendTable(text, inputs);
        return text.toString();
    }

    /** The same for machines; all steps, those of the environment too. */
    public static JsonValue toJson(Plan plan, Map<ByteString, ByteString> caller) {
        List<JsonValue> prefix = new ArrayList<>();
        for (ByteString argument : plan.prefix()) {
            prefix.add(text(argument));
        }
        List<JsonValue> steps = new ArrayList<>();
        for (PlanStep step : plan.steps()) {
            StepDescription words = StepDescription.of(step);
            Map<String, JsonValue> members = new LinkedHashMap<>();
            members.put("step", JsonValue.of(words.name()));
            members.putAll(words.members());
            members.put("origin", JsonValue.of(step.origin()));
            steps.add(new JsonObject(members));
        }
        List<JsonValue> inputs = new ArrayList<>();
        for (PlanInput input : plan.inputs()) {
            List<String> row = row(input);
            Map<String, JsonValue> members = new LinkedHashMap<>();
            members.put("input", JsonValue.of(row.get(0)));
            members.put("value", JsonValue.of(row.get(1)));
            inputs.add(new JsonObject(members));
        }
        Map<String, JsonValue> root = new LinkedHashMap<>();
        root.put("prefix", new JsonArray(prefix));
        root.put("steps", new JsonArray(steps));
        root.put("environment", new JsonArray(variables(plan, caller)));
        root.put("inputs", new JsonArray(inputs));
        return new JsonObject(root);
    }

    /** The payload's variables as lines NAME=VALUE, or as a table with their origins. */
    public static String environmentToText(Plan plan, Map<ByteString, ByteString> caller, boolean withOrigins) {
        StringBuilder text = new StringBuilder();
        List<List<String>> table = new ArrayList<>();
        table.add(List.of("VARIABLE", "VALUE", "ORIGIN"));
        for (PayloadEnvironment.Entry entry : PayloadEnvironment.of(plan, caller)) {
            String value = visible(entry.value().toString());
            text.append(entry.name()).append('=').append(value).append('\n');
            table.add(List.of(entry.name().toString(), value, entry.origin()));
        }
        if (withOrigins) {
            text.setLength(0);
            appendTable(text, table);
        }
        return text.toString();
    }

    /** The same for machines, with origins. */
    public static JsonValue environmentToJson(Plan plan, Map<ByteString, ByteString> caller) {
        return new JsonArray(variables(plan, caller));
    }

    private static List<JsonValue> variables(Plan plan, Map<ByteString, ByteString> caller) {
        List<JsonValue> variables = new ArrayList<>();
        for (PayloadEnvironment.Entry entry : PayloadEnvironment.of(plan, caller)) {
            Map<String, JsonValue> members = new LinkedHashMap<>();
            members.put("name", text(entry.name()));
            members.put("value", text(entry.value()));
            members.put("origin", JsonValue.of(entry.origin()));
            variables.add(new JsonObject(members));
        }
        return variables;
    }

    private static boolean isVariable(PlanStep step) {
        return step instanceof PlanStep.SetVariable
                || step instanceof PlanStep.CopyVariable
                || step instanceof PlanStep.StepVariable
                || step instanceof PlanStep.DropVariables
                || step instanceof PlanStep.PassVariables;
    }

    private static List<String> row(PlanInput input) {
        if (input instanceof PlanInput.File file) {
            return List.of("file " + file.path(), file.identity().isPresent() ? "as it is" : "absent");
        } else if (input instanceof PlanInput.Presence presence) {
            boolean directory = presence.kind() == PlannedStart.PointKind.DIRECTORY;
            return List.of("file " + presence.path(), directory ? "a directory" : "a file");
        } else if (input instanceof PlanInput.Variable variable) {
            String value = variable.value().isPresent() ? variable.value().get().toString() : "unset";
            return List.of("variable " + variable.name(), visible(value));
        } else if (input instanceof PlanInput.VariableBelow below) {
            return List.of(
                    "variable " + below.name(),
                    "unset, or below " + visible(below.directory().toString()));
        } else if (input instanceof PlanInput.Credentials credentials) {
            return List.of(
                    "credentials",
                    "uid=" + credentials.uid() + " gid=" + credentials.gid() + " groups=" + credentials.groups());
        } else if (input instanceof PlanInput.WorkingDirectory directory) {
            return List.of("working directory", directory.path().toString());
        } else if (input instanceof PlanInput.KernelRelease kernel) {
            return List.of("kernel", kernel.release().toString());
        }
        return deviceRow(input);
    }

    private static List<String> deviceRow(PlanInput input) {
        if (input instanceof PlanInput.VariableSet variable) {
            return List.of("variable " + variable.name(), "set, to whatever");
        } else if (input instanceof PlanInput.Content content) {
            return List.of(
                    "file " + content.path(),
                    visible(content.content().toString().strip()));
        } else if (input instanceof PlanInput.Names names) {
            return List.of("directory " + names.directory(), names.names().size() + " names");
        } else if (input instanceof PlanInput.Access access) {
            String which = access.paths().size() > 1 ? "one of them " : "";
            return List.of("access to " + join(access.paths()), which + (access.granted() ? "granted" : "refused"));
        }
        throw new IllegalArgumentException("no words for " + input);
    }

    private static String join(List<ByteString> paths) {
        StringBuilder text = new StringBuilder();
        for (ByteString path : paths) {
            text.append(text.length() == 0 ? "" : ", ").append(path);
        }
        return text.toString();
    }

    /** Control characters would break the table, or the terminal. */
    private static String visible(String value) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < ' ' || c == 0x7f) {
                text.append("\\x").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }

    static void appendTable(StringBuilder text, List<List<String>> rows) {
        int columns = rows.get(0).size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                int width = visible(row.get(i)).length();
                if (width <= MAX_PADDED) {
                    widths[i] = Math.max(widths[i], width);
                }
            }
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                String cell = visible(row.get(i));
                line.append(cell);
                line.append(" ".repeat(Math.max(0, widths[i] - cell.length()) + 2));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
    }

    private static JsonValue text(ByteString value) {
        return JsonValue.of(value.toString());
    }
}
