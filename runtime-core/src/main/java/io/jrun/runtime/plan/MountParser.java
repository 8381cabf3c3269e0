package io.jrun.runtime.plan;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.FstabEntry;
import io.jrun.runtime.host.ColonLine;
import io.jrun.runtime.host.HostPaths;
import io.jrun.runtime.host.RootfsResolver;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads mounts in the forms that users of Docker, enroot and fstab(5) write:
 *
 * <pre>
 * SRC[:DST[:OPTIONS]]            /scratch/in:/data:ro
 * SRC:DST:TYPE[:OPTIONS]         tmpfs:/tmp:tmpfs:size=1g
 * type=TYPE,src=SRC,dst=DST,...  type=bind,src=/a,dst=/b,ro
 * SRC DST TYPE OPTIONS           /a /b none rbind,ro
 * </pre>
 *
 * with the types none, bind, tmpfs, overlay and squashfs.
 */
final class MountParser implements MountOptions.Refusal {

    private static final ByteString COLON = ByteString.of(":");
    private static final ByteString COMMA = ByteString.of(",");

    private final ByteString text;
    private final ByteString workingDirectory;
    private final String origin;

    private MountParser(ByteString text, ByteString workingDirectory, String origin) {
        this.text = text;
        this.workingDirectory = workingDirectory;
        this.origin = origin;
    }

    /** An option of the command line. */
    static MountRequest option(ByteString text, ByteString workingDirectory) throws UsageException {
        MountParser parser = new MountParser(text, workingDirectory, "option -v " + text);
        if (isKeyed(text)) {
            return parser.keyed();
        }
        return isFstab(text) ? parser.fstab(FstabEntry.parse(text, parser.origin)) : parser.colons();
    }

    /** A line of a file. */
    static MountRequest line(FstabEntry entry, ByteString workingDirectory) throws UsageException {
        ByteString text = entry.source().plus(ByteString.of(" ")).plus(entry.target());
        return new MountParser(text, workingDirectory, entry.origin()).fstab(entry);
    }

    /** Whether an option begins with "KEY=" rather than with a path. */
    private static boolean isKeyed(ByteString text) {
        for (String key : List.of("type=", "src=", "source=", "dst=", "destination=", "target=")) {
            if (text.startsWith(key)) {
                return true;
            }
        }
        return false;
    }

    /** Two fields between white space, the second of which is a place in the container. */
    private static boolean isFstab(ByteString text) {
        for (int i = 1; i + 1 < text.length(); i++) {
            boolean space = text.byteAt(i) == ' ' || text.byteAt(i) == '\t';
            if (space && text.byteAt(i - 1) != '\\' && text.byteAt(i + 1) != ' ' && text.byteAt(i + 1) != '\t') {
                return text.byteAt(i + 1) == '/';
            }
        }
        return false;
    }

    private MountRequest colons() throws UsageException {
        List<ByteString> fields = ColonLine.fields(text);
        if (fields.get(0).isEmpty() || (fields.size() > 1 && fields.get(1).isEmpty())) {
            throw refuse("it is not of the form SRC[:DST[:OPTS]]");
        }
        ByteString source = fields.get(0);
        ByteString target = fields.size() > 1 ? fields.get(1) : absolute(source);
        String third = fields.size() > 2 ? fields.get(2).toString() : "";
        boolean typed = isType(third);
        if (fields.size() > (typed ? 4 : 3) && !(typed && third.equals("overlay"))) {
            throw refuse(
                    fields.size() == 4
                            ? "\"" + third + "\" is no type of mount (none, bind, tmpfs, overlay, squashfs)"
                            : "it is not of the form SRC[:DST[:OPTS]]");
        }
        // The options of an overlay hold colons between its layers.
        ByteString options = ByteString.of("");
        for (int i = typed ? 3 : 2; i < fields.size(); i++) {
            options = options.isEmpty() ? fields.get(i) : options.plus(COLON).plus(fields.get(i));
        }
        return request(typed ? third : "none", Optional.of(source), target, options);
    }

    private MountRequest keyed() throws UsageException {
        String type = "bind";
        Optional<ByteString> source = Optional.empty();
        Optional<ByteString> target = Optional.empty();
        ByteString options = ByteString.of("");
        for (ByteString part : MountOptions.split(text)) {
            int equals = part.indexOf('=', 0);
            String key = equals < 0 ? "" : part.substring(0, equals).toString();
            switch (key) {
                case "type" -> type = part.substring(equals + 1).toString();
                case "src", "source" -> source = Optional.of(part.substring(equals + 1));
                case "dst", "destination", "target" -> target = Optional.of(part.substring(equals + 1));
                default ->
                    options = options.isEmpty() ? part : options.plus(COMMA).plus(part);
            }
        }
        if (target.isEmpty() || target.get().isEmpty()) {
            throw refuse("it names no place in the container (dst=DST)");
        }
        requireType(type);
        return request(type, source, target.get(), options);
    }

    private MountRequest fstab(FstabEntry entry) throws UsageException {
        requireType(entry.type());
        return request(entry.type(), Optional.of(entry.source()), entry.target(), entry.options());
    }

    private static boolean isType(String type) {
        return List.of("none", "bind", "tmpfs", "overlay", "squashfs").contains(type);
    }

    private void requireType(String type) throws UsageException {
        if (!isType(type)) {
            throw refuse("\"" + type + "\" is no type of mount (none, bind, tmpfs, overlay, squashfs)");
        }
    }

    private MountRequest request(String type, Optional<ByteString> source, ByteString target, ByteString text)
            throws UsageException {
        requireTarget(target);
        MountOptions options = new MountOptions(text, this);
        return switch (type) {
            case "tmpfs" -> options.tmpfs(target, origin);
            case "overlay" -> overlay(source, target, options);
            case "squashfs" -> squashfs(source, target, options);
            default -> bind(source, target, options);
        };
    }

    private MountRequest bind(Optional<ByteString> source, ByteString target, MountOptions options)
            throws UsageException {
        if (source.isEmpty() || source.get().isEmpty()) {
            throw refuse("it names nothing on the host (src=SRC)");
        }
        boolean relative = source.get().byteAt(0) != '/';
        return options.bind(absolute(source.get()), relative, target, origin);
    }

    private MountRequest squashfs(Optional<ByteString> source, ByteString target, MountOptions options)
            throws UsageException {
        if (source.isEmpty() || source.get().isEmpty()) {
            throw refuse("it names no image file (src=FILE)");
        }
        boolean relative = source.get().byteAt(0) != '/';
        return options.squashfs(absolute(source.get()), relative, target, origin);
    }

    private MountRequest overlay(Optional<ByteString> source, ByteString target, MountOptions options)
            throws UsageException {
        boolean named = source.isPresent() && source.get().startsWith("/");
        return options.overlay(named ? source : Optional.empty(), target, origin);
    }

    private ByteString absolute(ByteString path) {
        return path.byteAt(0) == '/' ? path : HostPaths.join(workingDirectory, withoutDot(path));
    }

    /** A leading "./" would stay visible in every message. */
    private static ByteString withoutDot(ByteString path) {
        ByteString rest = path;
        while (rest.startsWith("./") && rest.length() > 2) {
            rest = rest.substring(2);
        }
        return rest;
    }

    private void requireTarget(ByteString target) throws UsageException {
        if (target.byteAt(0) != '/') {
            throw refuse("the place in the container, \"" + target + "\", is not absolute");
        }
        List<ByteString> names = new ArrayList<>(RootfsResolver.components(target));
        for (ByteString name : names) {
            if (name.length() == 2 && name.startsWith("..")) {
                throw refuse("the place in the container, \"" + target + "\", leads through \"..\"");
            }
        }
        if (names.isEmpty()) {
            throw refuse("the container's root itself cannot be mounted over");
        }
    }

    @Override
    public UsageException because(String reason) {
        return refuse(reason);
    }

    private UsageException refuse(String why) {
        boolean option = origin.startsWith("option ");
        return new UsageException(Failure.of("mount " + text + (option ? "" : " of " + origin), why)
                .hint("for example: -v /scratch/data:/data:ro"));
    }
}
