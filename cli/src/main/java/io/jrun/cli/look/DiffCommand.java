package io.jrun.cli.look;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.image.browse.Difference;
import io.jrun.image.browse.Difference.Aspect;
import io.jrun.image.browse.TreeComparison;
import io.jrun.image.tree.FileNode;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code jrun diff}. */
@Command(
        name = "diff",
        description = {
            "Tell what two image files or containers do not have alike.",
            "",
            "Compared are types, modes, owners, sizes, contents, link targets, device numbers and extended attributes;"
                    + " not times, and not /.jrun. Where one side is a container, only what a container can keep is"
                    + " compared. Of a directory that one side lacks, only the directory is named."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {" 0:nothing differs", " 1:something differs"},
        footer = {"", "Example:", "  jrun diff solver-2.1.sqsh solver-2.2.sqsh"})
public final class DiffCommand extends LookCommand {

    private static final int DIFFERENT = 1;

    @Mixin
    private FormatOption format;

    @Parameters(index = "0", paramLabel = "BEFORE", description = "An image file, or the name of a container.")
    private String before;

    @Parameters(index = "1", paramLabel = "AFTER", description = "Another one.")
    private String after;

    public DiffCommand(Console console, LookOperations operations) {
        super(console, operations);
    }

    @Override
    int run(ResultStream out) throws IOException {
        boolean json = format.chosen() == OutputFormat.JSON;
        List<Difference> differences;
        try (Place one = whole(before);
                Place other = whole(after)) {
            differences = TreeComparison.compare(one.view(), other.view());
        }
        for (Difference difference : differences) {
            if (json) {
                out.item(json(difference));
            } else {
                print(out, difference);
            }
        }
        if (json) {
            out.endItems();
        }
        return differences.isEmpty() ? success() : DIFFERENT;
    }

    private Place whole(String name) throws IOException {
        Place place = operations().open(name);
        if (place.path().isPresent()) {
            place.close();
            throw new UsageException(Failure.of("compare " + name, "only whole trees are compared")
                    .hint("name the image without a path"));
        }
        return place;
    }

    private static String kind(Difference difference) {
        if (difference.before().isEmpty()) {
            return "added";
        }
        return difference.after().isEmpty() ? "removed" : "changed";
    }

    private static void print(ResultStream out, Difference difference) throws IOException {
        out.text(String.format(Locale.ROOT, "%-8s ", kind(difference)));
        out.name(difference.path().toBytes());
        String separator = "  ";
        for (Aspect aspect : difference.aspects()) {
            FileNode was = difference.before().orElseThrow();
            FileNode is = difference.after().orElseThrow();
            out.text(separator + aspect.name().toLowerCase(Locale.ROOT) + values(aspect, was, is));
            separator = ", ";
        }
        out.text("\n");
    }

    private static String values(Aspect aspect, FileNode was, FileNode is) {
        return switch (aspect) {
            case TYPE -> " " + FileForm.type(was) + " -> " + FileForm.type(is);
            case MODE -> " " + FileForm.mode(was) + " -> " + FileForm.mode(is);
            case OWNER -> " " + owner(was) + " -> " + owner(is);
            case SIZE -> " " + size(was) + " -> " + size(is);
            case CONTENT, TARGET, DEVICE, XATTRS -> "";
        };
    }

    private static String owner(FileNode node) {
        return node.metadata().uid() + "/" + node.metadata().gid();
    }

    private static long size(FileNode node) {
        return ((FileNode.RegularFile) node).content().sizeInBytes();
    }

    private static JsonValue json(Difference difference) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        FileForm.putBytes(members, "path", difference.path().toBytes());
        members.put("change", JsonValue.of(kind(difference)));
        if (!difference.aspects().isEmpty()) {
            members.put(
                    "differs",
                    JsonValue.ofStrings(difference.aspects().stream()
                            .map(aspect -> aspect.name().toLowerCase(Locale.ROOT))
                            .toList()));
        }
        difference.before().ifPresent(node -> members.put("before", new JsonObject(FileForm.facts(node))));
        difference.after().ifPresent(node -> members.put("after", new JsonObject(FileForm.facts(node))));
        return new JsonObject(members);
    }
}
