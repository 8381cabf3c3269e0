package io.jrun.cli.resource;

import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.runtime.cgroup.Usage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/** Usage as it is printed. */
final class UsageForms {

    private static final double MEBIBYTE = 1 << 20;
    private static final double SECOND = 1_000_000; // in microseconds

    private UsageForms() {}

    /** Numbers as the kernel has them, by the names of its files. */
    static JsonValue json(ContainerUsage container) {
        Usage usage = container.usage();
        Map<String, JsonValue> files = new LinkedHashMap<>();
        usage.figures().forEach((file, figures) -> {
            Map<String, JsonValue> keys = new LinkedHashMap<>();
            figures.forEach((key, value) -> keys.put(key, number(value)));
            files.put(file, figures.containsKey("") ? keys.get("") : new JsonObject(keys));
        });
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("name", JsonValue.of(container.name()));
        members.put("pid", JsonValue.of(container.pid()));
        members.put("cgroup", JsonValue.of(usage.group().toString()));
        members.put("own", JsonValue.of(usage.own()));
        members.put("limits", JsonValue.ofStrings(usage.limits()));
        members.put("figures", new JsonObject(files));
        return new JsonObject(members);
    }

    private static JsonValue number(String value) {
        return value.matches("[0-9]{1,18}") ? JsonValue.of(Long.parseLong(value)) : JsonValue.of(value);
    }

    static String text(Usage usage) {
        List<String> lines = new ArrayList<>();
        lines.add("cgroup    " + usage.group() + (usage.own() ? "" : ", with processes beside the container's"));
        lines.add("limits    " + (usage.limits().isEmpty() ? "none" : String.join(", ", usage.limits())));
        add(
                lines,
                "memory",
                mebibytes("now", usage.number("memory.current", "")),
                mebibytes("peak", usage.number("memory.peak", "")),
                mebibytes("swap", usage.number("memory.swap.current", "")));
        add(
                lines,
                "oom",
                count(usage.number("memory.events", "oom"), "times out of memory"),
                count(usage.number("memory.events", "oom_kill"), "processes killed"));
        add(
                lines,
                "cpu",
                seconds("user", usage.number("cpu.stat", "user_usec")),
                seconds("system", usage.number("cpu.stat", "system_usec")),
                seconds("throttled", usage.number("cpu.stat", "throttled_usec")));
        add(
                lines,
                "pids",
                count(usage.number("pids.current", ""), "now"),
                count(usage.number("pids.peak", ""), "peak"),
                count(usage.number("pids.events", "max"), "refused"));
        add(lines, "pressure", waiting("memory", usage), waiting("cpu", usage), waiting("io", usage));
        return String.join("\n", lines);
    }

    /** Nothing where the kernel tells none of it. */
    private static void add(List<String> lines, String word, String... parts) {
        List<String> known = new ArrayList<>();
        for (String part : parts) {
            if (!part.isEmpty()) {
                known.add(part);
            }
        }
        if (!known.isEmpty()) {
            lines.add(String.format(Locale.ROOT, "%-9s ", word) + String.join(", ", known));
        }
    }

    private static String mebibytes(String word, OptionalLong bytes) {
        return bytes.isEmpty() ? "" : String.format(Locale.ROOT, "%s %.1f MiB", word, bytes.getAsLong() / MEBIBYTE);
    }

    private static String seconds(String word, OptionalLong microseconds) {
        return microseconds.isEmpty()
                ? ""
                : String.format(Locale.ROOT, "%s %.2f s", word, microseconds.getAsLong() / SECOND);
    }

    private static String count(OptionalLong count, String words) {
        return count.isEmpty() ? "" : count.getAsLong() + " " + words;
    }

    /** Share of the last ten seconds in which some process waited. */
    private static String waiting(String what, Usage usage) {
        return usage.text(what + ".pressure", "some.avg10")
                .map(share -> what + " " + share + " %")
                .orElse("");
    }
}
