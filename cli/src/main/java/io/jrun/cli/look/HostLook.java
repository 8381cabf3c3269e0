package io.jrun.cli.look;

import io.jrun.cli.console.RawArguments;
import io.jrun.cli.container.ContainerStores;
import io.jrun.cli.container.NamedTree;
import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.image.browse.DirectoryView;
import io.jrun.image.browse.ImageView;
import io.jrun.image.browse.Inspection;
import io.jrun.image.browse.PathResolver;
import io.jrun.image.browse.TarCopy;
import io.jrun.image.browse.TreeCopy;
import io.jrun.image.browse.TreeView;
import io.jrun.image.writer.directory.ExtractionReport;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.posix.ByteString;
import io.jrun.posix.JnrPosix;
import io.jrun.runtime.store.Container;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Looks at what lies on this host. */
public final class HostLook implements LookOperations {

    /** Raised when a member of the printed document changes its meaning; new members do not raise it. */
    private static final int SCHEMA_VERSION = 1;

    private final ContainerStores stores;

    public HostLook(ContainerStores stores) {
        this.stores = stores;
    }

    @Override
    public JsonValue inspect(String fileOrName) throws IOException {
        NamedTree tree = stores.named(fileOrName).orElseThrow(() -> missing("inspect", fileOrName));
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("schemaVersion", JsonValue.of(SCHEMA_VERSION));
        if (tree instanceof NamedTree.ImageFile file) {
            members.put("kind", JsonValue.of("image"));
            try (ImageView view = ImageView.open(file.path())) {
                members.putAll(Inspection.ofImage(view));
            }
        } else if (tree instanceof NamedTree.OfContainer named) {
            Container container = named.container();
            members.put("kind", JsonValue.of("container"));
            members.put("container", stores.openForReading().record(container).toJson());
            try (TreeView view = new DirectoryView(container.rootfs(), fileOrName)) {
                members.putAll(Inspection.ofTree(view));
            }
        } else {
            throw new UsageException(Failure.of("inspect " + fileOrName, "it is a directory (EISDIR)")
                    .hint("name an image file or a container"));
        }
        return new JsonObject(members);
    }

    @Override
    public Place open(String imageAndPath) throws IOException {
        ByteString raw = RawArguments.bytesOf(imageAndPath);
        for (int colon = raw.indexOf(':', 1); colon > 0; colon = raw.indexOf(':', colon + 1)) {
            Optional<TreeView> view = view(raw.substring(0, colon).toString());
            if (view.isPresent()) {
                return new Place(view.get(), Optional.of(raw.substring(colon + 1)));
            }
        }
        TreeView whole = view(imageAndPath).orElseThrow(() -> missing("open", imageAndPath));
        return new Place(whole, Optional.empty());
    }

    private Optional<TreeView> view(String name) throws IOException {
        Optional<NamedTree> tree = stores.named(name);
        if (tree.isEmpty()) {
            return Optional.empty();
        }
        Path path = tree.get().path();
        return Optional.of(
                tree.get() instanceof NamedTree.ImageFile ? ImageView.open(path) : new DirectoryView(path, name));
    }

    private static NotFoundException missing(String verb, String text) {
        return new NotFoundException(
                Failure.of(verb + " " + text, "there is neither a file nor a container of that name (ENOENT)")
                        .hint(wayOut(verb, text)));
    }

    private static String wayOut(String verb, String text) {
        if (text.contains("://")) {
            return "only `jrun inspect` looks into a registry; `jrun import` makes an image file";
        }
        for (int slash = text.indexOf('/', 1); slash > 0; slash = text.indexOf('/', slash + 1)) {
            String file = text.substring(0, slash);
            if (new File(file).isFile()) {
                return "what lies inside stands behind a colon: " + file + ":" + text.substring(slash);
            }
        }
        return "`jrun list` shows the containers; a directory needs a slash in its name"
                + (verb.equals("inspect") ? ", an image in a registry docker:// before it" : "");
    }

    @Override
    public ExtractionReport copy(TreeView view, PathResolver.Found from, Path target) throws IOException {
        int threads = Runtime.getRuntime().availableProcessors();
        return new TreeCopy(JnrPosix.load(), threads).copy(view, from, target);
    }

    @Override
    public long copyAsTar(TreeView view, PathResolver.Found from, OutputStream out) throws IOException {
        return TarCopy.copy(view, from, out);
    }
}
