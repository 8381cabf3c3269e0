package io.jrun.runtime.plan;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.ColonLine;
import io.jrun.runtime.host.HostPaths;
import io.jrun.runtime.host.RootfsResolver;
import io.jrun.runtime.plan.PlanStep.Restriction;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One {@code -v} or {@code -m} option: {@code SRC[:DST[:OPTS]]}, or {@code SRC:DST:TYPE[:OPTS]} with the type
 * {@code none}, {@code bind} or {@code tmpfs}, as enroot's users write it.
 */
sealed interface MountRequest {

    /** Absolute, without "..". */
    ByteString target();

    /** The option as given, for messages and {@code --explain}. */
    String origin();

    /** @param relativeSource whether {@code source} was made absolute from the caller's working directory */
    record Bind(
            ByteString source,
            boolean relativeSource,
            ByteString target,
            boolean recursive,
            boolean optional,
            Set<Restriction> restrictions,
            String origin)
            implements MountRequest {}

    record Tmpfs(ByteString target, OptionalLong sizeInBytes, int mode, String origin) implements MountRequest {}

    /** The mode of a tmpfs(5) that names none. */
    int DEFAULT_TMPFS_MODE = 01777;

    static MountRequest parse(ByteString text, ByteString workingDirectory) throws UsageException {
        List<ByteString> fields = ColonLine.fields(text);
        String origin = "option -v " + text;
        if (fields.size() > 4
                || fields.get(0).isEmpty()
                || (fields.size() > 1 && fields.get(1).isEmpty())) {
            throw refuse(text, "it is not of the form SRC[:DST[:OPTS]]");
        }
        String type = fields.size() > 2 ? fields.get(2).toString() : "";
        boolean typed = type.equals("none") || type.equals("bind") || type.equals("tmpfs");
        if (fields.size() == 4 && !typed) {
            throw refuse(text, "\"" + type + "\" is no type of mount (none, bind, tmpfs)");
        }
        int optionsAt = typed ? 3 : 2;
        String options = fields.size() > optionsAt ? fields.get(optionsAt).toString() : "";
        return type.equals("tmpfs")
                ? tmpfs(text, fields.get(1), options, origin)
                : bind(text, fields, workingDirectory, options, origin);
    }

    private static MountRequest bind(
            ByteString text, List<ByteString> fields, ByteString workingDirectory, String options, String origin)
            throws UsageException {
        ByteString given = fields.get(0);
        boolean relative = given.byteAt(0) != '/';
        ByteString source = relative ? HostPaths.join(workingDirectory, withoutDot(given)) : given;
        ByteString target = fields.size() > 1 ? fields.get(1) : source;
        requireTarget(text, target);
        boolean recursive = true;
        boolean optional = false;
        Set<Restriction> restrictions = EnumSet.noneOf(Restriction.class);
        for (String option : split(options)) {
            switch (option) {
                case "ro" -> restrictions.add(Restriction.READ_ONLY);
                case "rw" -> restrictions.remove(Restriction.READ_ONLY);
                case "nosuid" -> restrictions.add(Restriction.NO_SUID);
                case "nodev" -> restrictions.add(Restriction.NO_DEVICES);
                case "noexec" -> restrictions.add(Restriction.NO_EXEC);
                case "suid" -> restrictions.remove(Restriction.NO_SUID);
                case "dev" -> restrictions.remove(Restriction.NO_DEVICES);
                case "exec" -> restrictions.remove(Restriction.NO_EXEC);
                case "rbind" -> recursive = true;
                case "bind" -> recursive = false;
                case "nofail", "silent" -> optional = true;
                default -> requireHarmless(text, option);
            }
        }
        return new Bind(source, relative, target, recursive, optional, restrictions, origin);
    }

    /** A leading "./" would stay visible in every message. */
    private static ByteString withoutDot(ByteString path) {
        ByteString rest = path;
        while (rest.startsWith("./") && rest.length() > 2) {
            rest = rest.substring(2);
        }
        return rest;
    }

    private static MountRequest tmpfs(ByteString text, ByteString target, String options, String origin)
            throws UsageException {
        requireTarget(text, target);
        OptionalLong size = OptionalLong.empty();
        int mode = DEFAULT_TMPFS_MODE;
        for (String option : split(options)) {
            if (option.startsWith("size=")) {
                size = OptionalLong.of(size(text, option.substring(5)));
            } else if (option.startsWith("mode=")) {
                mode = mode(text, option.substring(5));
            } else if (!option.equals("rw") && !option.equals("nosuid") && !option.equals("nodev")) {
                requireHarmless(text, option);
            }
        }
        return new Tmpfs(target, size, mode, origin);
    }

    /**
     * Options that ask for what holds in any case: mount points are always made, every mount is a slave of the host's,
     * and there is no SELinux label to change.
     */
    private static void requireHarmless(ByteString text, String option) throws UsageException {
        switch (option) {
            case "", "x-create=auto", "x-create=dir", "x-create=file", "defaults" -> {}
            case "slave", "rslave", "private", "rprivate", "z", "Z" -> {}
            case "shared", "rshared" ->
                throw refuse(
                        text,
                        "mounts made inside a container never show on the host, \"" + option + "\" cannot be had");
            default -> throw refuse(text, "\"" + option + "\" is no option of a mount");
        }
    }

    private static List<String> split(String options) {
        List<String> parts = new ArrayList<>();
        int from = 0;
        for (int comma = options.indexOf(','); comma >= 0; comma = options.indexOf(',', from)) {
            parts.add(options.substring(from, comma));
            from = comma + 1;
        }
        parts.add(options.substring(from));
        return parts;
    }

    private static long size(ByteString text, String size) throws UsageException {
        int unitAt = size.length() - 1;
        int shift = size.isEmpty() ? -1 : "kmgt".indexOf(Character.toLowerCase(size.charAt(unitAt)));
        String digits = shift < 0 ? size : size.substring(0, unitAt);
        try {
            long value = Long.parseLong(digits);
            int bits = 10 * (shift + 1);
            if (value > 0 && value <= Long.MAX_VALUE >> bits) {
                return value << bits;
            }
        } catch (NumberFormatException saidBelow) {
            // Falls through to the one message for all of them.
        }
        throw refuse(text, "\"" + size + "\" is no size (a number with k, m, g or t)");
    }

    private static int mode(ByteString text, String mode) throws UsageException {
        try {
            int value = Integer.parseInt(mode, 8);
            if (value >= 0 && value <= 07777) {
                return value;
            }
        } catch (NumberFormatException saidBelow) {
            // Falls through to the one message for all of them.
        }
        throw refuse(text, "\"" + mode + "\" is no mode in octal digits");
    }

    private static void requireTarget(ByteString text, ByteString target) throws UsageException {
        if (target.byteAt(0) != '/') {
            throw refuse(text, "the place in the container, \"" + target + "\", is not absolute");
        }
        List<ByteString> names = RootfsResolver.components(target);
        for (ByteString name : names) {
            if (name.length() == 2 && name.startsWith("..")) {
                throw refuse(text, "the place in the container, \"" + target + "\", leads through \"..\"");
            }
        }
        if (names.isEmpty()) {
            throw refuse(text, "the container's root itself cannot be mounted over");
        }
    }

    private static UsageException refuse(ByteString text, String why) {
        return new UsageException(Failure.of("mount " + text, why).hint("for example: -v /scratch/data:/data:ro"));
    }
}
