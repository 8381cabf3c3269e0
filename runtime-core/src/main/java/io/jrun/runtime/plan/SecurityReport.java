package io.jrun.runtime.plan;

import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.runtime.plan.PlanStep.BindMount;
import io.jrun.runtime.plan.PlanStep.DropCapabilities;
import io.jrun.runtime.plan.PlanStep.EnterNamespaces;
import io.jrun.runtime.plan.PlanStep.EnterRoot;
import io.jrun.runtime.plan.PlanStep.FakeOwnership;
import io.jrun.runtime.plan.PlanStep.ForbidNewPrivileges;
import io.jrun.runtime.plan.PlanStep.InstallFilter;
import io.jrun.runtime.plan.PlanStep.MakeRootReadOnly;
import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.PlanStep.Restriction;
import io.jrun.runtime.plan.PlanStep.RunProgram;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What a plan lets a payload do to the host and to its caller, read from the steps alone. */
public final class SecurityReport {

    private final Plan plan;
    private final List<List<String>> rows = new ArrayList<>();

    private SecurityReport(Plan plan) {
        this.plan = plan;
    }

    /** An aligned table for people. */
    public static String toText(Plan plan) {
        SecurityReport report = new SecurityReport(plan);
        report.write();
        List<List<String>> table = new ArrayList<>();
        table.add(List.of("SUBJECT", "STATE", "ORIGIN"));
        table.addAll(report.rows);
        StringBuilder text = new StringBuilder();
        PlanPrinter.appendTable(text, table);
        return text.toString();
    }

    /** The same rows for machines. */
    public static JsonValue toJson(Plan plan) {
        SecurityReport report = new SecurityReport(plan);
        report.write();
        List<JsonValue> items = new ArrayList<>();
        for (List<String> row : report.rows) {
            Map<String, JsonValue> members = new LinkedHashMap<>();
            members.put("subject", JsonValue.of(row.get(0)));
            members.put("state", JsonValue.of(row.get(1)));
            members.put("origin", JsonValue.of(row.get(2)));
            items.add(new JsonObject(members));
        }
        return new JsonArray(items);
    }

    private void write() {
        boolean readOnly = false;
        boolean privileged = true;
        boolean filtered = false;
        for (PlanStep step : plan.steps()) {
            if (step instanceof EnterNamespaces enter) {
                namespaces(enter);
            } else if (step instanceof PlanStep.BecomeCaller become) {
                row("user inside", become.identity().toString(), become);
            } else if (step instanceof EnterRoot enter && enter.upper().isPresent()) {
                row("root file system", "changes go to a layer above", enter);
                readOnly = true;
            } else if (step instanceof MakeRootReadOnly) {
                row("root file system", "read-only", step);
                readOnly = true;
            } else if (step instanceof BindMount bind) {
                mount(bind);
            } else if (step instanceof RunProgram run) {
                row("runs on the host before", run.command().get(0).toString(), run);
            } else if (step instanceof ForbidNewPrivileges) {
                row("set-user-ID programs", "give no rights (no_new_privs)", step);
            } else if (step instanceof DropCapabilities) {
                row("capabilities", "none", step);
                privileged = false;
            } else if (step instanceof FakeOwnership) {
                row("changes of ownership", "are pretended", step);
            } else if (step instanceof InstallFilter filter) {
                row("system calls", "filtered by " + filter.profile(), filter);
                filtered = true;
            }
        }
        if (!readOnly) {
            rows.add(List.of("root file system", "writable for good", "option --rw"));
        }
        if (privileged) {
            rows.add(List.of("capabilities", "all within its own user namespace, none on the host", "option --root"));
        }
        if (!filtered) {
            rows.add(List.of("system calls", "unfiltered", "default"));
        }
    }

    private void namespaces(EnterNamespaces enter) {
        Set<String> own = new TreeSet<>();
        Set<String> shared = new TreeSet<>();
        for (Namespace namespace : Namespace.values()) {
            String word = namespace.name().toLowerCase(Locale.ROOT);
            (enter.namespaces().contains(namespace) ? own : shared).add(word);
        }
        row("namespaces of its own", String.join(" ", own), enter);
        row("namespaces of the host", shared.isEmpty() ? "none" : String.join(" ", shared), enter);
        row("user inside", enter.identity() + "; on the host yourself", enter);
    }

    private void mount(BindMount bind) {
        String state = bind.restrictions().contains(Restriction.READ_ONLY) ? "read-only" : "as writable as for you";
        String source = bind.source().equals(bind.target()) ? "" : bind.source() + " ";
        row("host's " + bind.target(), source + state, bind);
    }

    private void row(String subject, String state, PlanStep step) {
        rows.add(List.of(subject, state, step.origin()));
    }
}
