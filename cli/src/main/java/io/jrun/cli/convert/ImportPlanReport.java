package io.jrun.cli.convert;

import io.jrun.cli.progress.Amounts;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Prints a plan. */
final class ImportPlanReport {

    private ImportPlanReport() {}

    static String text(ImportPlan plan) {
        List<String> lines = new ArrayList<>();
        lines.add("image:     " + plan.image());
        plan.manifestDigest().ifPresent(digest -> lines.add("manifest:  " + digest));
        lines.add("platform:  " + plan.platform());
        lines.add("output:    " + plan.output() + (plan.outputExists() ? " (there already)" : ""));
        lines.add("options:   "
                + plan.options().entrySet().stream()
                        .map(option -> option.getKey() + "=" + option.getValue())
                        .collect(Collectors.joining(" ")));
        if (!plan.layers().isEmpty()) {
            lines.add("layers:");
        }
        int number = 1;
        for (ImportPlan.LayerPlan layer : plan.layers()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "  %3d  %s  %9s  %s",
                    number++,
                    layer.digest(),
                    Amounts.bytes(layer.sizeInBytes()),
                    plan.download().isPresent() ? state(layer) : "at hand"));
        }
        lines.add(
                "download:  " + plan.download().map(ImportPlanReport::download).orElse("nothing"));
        lines.add("writes:    " + writes(plan) + ", where " + Amounts.bytes(plan.outputFreeInBytes()) + " are free");
        return String.join("\n", lines);
    }

    private static String download(ImportPlan.Download download) {
        return Amounts.bytes(download.sizeInBytes()) + " into " + download.cache() + ", where "
                + Amounts.bytes(download.cacheFreeInBytes()) + " are free";
    }

    private static String writes(ImportPlan plan) {
        return plan.estimatedOutputInBytes().isPresent()
                ? "about " + Amounts.bytes(plan.estimatedOutputInBytes().getAsLong())
                : "as much as only reading would tell";
    }

    private static String state(ImportPlan.LayerPlan layer) {
        if (layer.reused()) {
            return "in an earlier image file";
        }
        if (layer.cachedInBytes() == layer.sizeInBytes()) {
            return "cached";
        }
        return layer.cachedInBytes() == 0 ? "to fetch" : Amounts.bytes(layer.cachedInBytes()) + " cached";
    }

    static JsonValue json(ImportPlan plan) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("image", JsonValue.of(plan.image()));
        plan.manifestDigest().ifPresent(digest -> members.put("manifestDigest", JsonValue.of(digest)));
        members.put("platform", JsonValue.of(plan.platform()));
        members.put("output", JsonValue.of(plan.output().toString()));
        members.put("outputExists", JsonValue.of(plan.outputExists()));
        Map<String, JsonValue> options = new LinkedHashMap<>();
        plan.options().forEach((name, value) -> options.put(name, JsonValue.of(value)));
        members.put("options", new JsonObject(options));
        members.put(
                "layers",
                new JsonArray(plan.layers().stream().map(ImportPlanReport::json).toList()));
        members.put(
                "downloadBytes",
                JsonValue.of(
                        plan.download().map(ImportPlan.Download::sizeInBytes).orElse(0L)));
        plan.estimatedOutputInBytes().ifPresent(bytes -> members.put("estimatedOutputBytes", JsonValue.of(bytes)));
        members.put("outputFreeBytes", JsonValue.of(plan.outputFreeInBytes()));
        plan.download().ifPresent(download -> {
            members.put("cache", JsonValue.of(download.cache().toString()));
            members.put("cacheFreeBytes", JsonValue.of(download.cacheFreeInBytes()));
        });
        return new JsonObject(members);
    }

    private static JsonValue json(ImportPlan.LayerPlan layer) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("digest", JsonValue.of(layer.digest()));
        members.put("mediaType", JsonValue.of(layer.mediaType()));
        members.put("bytes", JsonValue.of(layer.sizeInBytes()));
        members.put("cachedBytes", JsonValue.of(layer.cachedInBytes()));
        members.put("reused", JsonValue.of(layer.reused()));
        return new JsonObject(members);
    }
}
