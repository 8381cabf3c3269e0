package io.jrun.cli.look;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.progress.Amounts;
import io.jrun.image.browse.DiskUsage;
import io.jrun.image.browse.PathResolver.LastLink;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun du}. */
@Command(
        name = "du",
        description = {
            "Tell how much the directories of an image file or a container hold, largest first.",
            "",
            "PLAIN is what the files hold, STORED what the image file needs for them. Hard links count once,"
                    + " and so do stored bytes that several files share."
        },
        footer = {"", "Example:", "  jrun du -d 2 solver.sqsh:/usr"})
public final class DuCommand extends LookCommand {

    @Mixin
    private FormatOption format;

    @Option(
            names = {"-d", "--max-depth"},
            paramLabel = "N",
            defaultValue = "1",
            description = "How far below PATH directories get a line. Default: 1.")
    private int maxDepth;

    @Option(
            names = {"-b", "--bytes"},
            description = "Sizes in bytes.")
    private boolean inBytes;

    @Parameters(
            index = "0",
            paramLabel = "IMAGE[:PATH]",
            description = "An image file, or the name of a container, and a path in it.")
    private String place;

    public DuCommand(Console console, LookOperations operations) {
        super(console, operations);
    }

    @Override
    int run(ResultStream out) throws IOException {
        boolean json = format.chosen() == OutputFormat.JSON;
        List<DiskUsage.Total> totals;
        try (Place opened = operations().open(place)) {
            totals = DiskUsage.below(opened.view(), opened.find(LastLink.FOLLOW), maxDepth);
        }
        if (json) {
            for (DiskUsage.Total total : totals) {
                out.item(json(total));
            }
            out.endItems();
            return success();
        }
        print(out, "PLAIN", "STORED", "FILES");
        out.text("PATH\n");
        for (DiskUsage.Total total : totals) {
            print(out, size(total.bytes()), size(total.storedBytes()), Long.toString(total.inodes()));
            out.name(total.path().toBytes());
            out.text("\n");
        }
        return success();
    }

    private static void print(ResultStream out, String plain, String stored, String files) throws IOException {
        out.text(String.format(Locale.ROOT, "%12s %12s %8s  ", plain, stored, files));
    }

    private String size(long bytes) {
        return inBytes ? Long.toString(bytes) : Amounts.bytes(bytes);
    }

    private static JsonValue json(DiskUsage.Total total) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        FileForm.putBytes(members, "path", total.path().toBytes());
        members.put("plainBytes", JsonValue.of(total.bytes()));
        members.put("storedBytes", JsonValue.of(total.storedBytes()));
        members.put("inodes", JsonValue.of(total.inodes()));
        return new JsonObject(members);
    }
}
