package io.jrun.runtime.plan;

import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.MemorySize;
import io.jrun.runtime.plan.MountRequest.Create;
import io.jrun.runtime.plan.PlanStep.OverlayUpper;
import io.jrun.runtime.plan.PlanStep.Propagation;
import io.jrun.runtime.plan.PlanStep.Restriction;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The options of one mount, between commas; of two that contradict each other the last counts. The starter reads the same
 * words of lines that hooks write, in {@code mounts.c}.
 */
final class MountOptions {

    /** Turns a reason into the failure of the mount. */
    interface Refusal {
        UsageException because(String reason);
    }

    /**
     * What lines of fstab(5) say that a bind of a user cannot change: the kernel keeps the access times of the mount it
     * shows and knows the others of whole file systems alone. Source: mount_namespaces(7), "Restrictions on mount
     * namespaces"; mount(8), "Filesystem-independent mount options".
     */
    private static final Set<String> IGNORED = Set.of(
            "atime",
            "noatime",
            "diratime",
            "nodiratime",
            "relatime",
            "norelatime",
            "strictatime",
            "nostrictatime",
            "lazytime",
            "nolazytime",
            "sync",
            "async",
            "dirsync",
            "iversion",
            "noiversion",
            "mand",
            "nomand",
            "loud",
            "auto",
            "user",
            "nouser",
            "users",
            "nousers",
            "owner",
            "noowner",
            "group",
            "nogroup",
            "_netdev");

    /** Words for other programs that read the same line. */
    private static final List<String> OF_OTHERS = List.of("x-systemd.", "x-gvfs-", "comment=");

    private final Refusal refusal;
    private final Set<Restriction> restrictions = EnumSet.noneOf(Restriction.class);
    private final List<ByteString> ofType = new ArrayList<>();
    private boolean recursive = true;
    private boolean optional;
    private Create create = Create.AS_SOURCE;
    private Optional<Propagation> propagation = Optional.empty();

    MountOptions(ByteString text, Refusal refusal) throws UsageException {
        this.refusal = refusal;
        for (ByteString option : split(text)) {
            if (!isRestriction(option.toString()) && !isPropagation(option.toString())) {
                take(option);
            }
        }
    }

    private boolean isRestriction(String option) {
        switch (option) {
            case "ro", "readonly" -> restrictions.add(Restriction.READ_ONLY);
            case "rw" -> restrictions.remove(Restriction.READ_ONLY);
            case "nosuid" -> restrictions.add(Restriction.NO_SUID);
            case "nodev" -> restrictions.add(Restriction.NO_DEVICES);
            case "noexec" -> restrictions.add(Restriction.NO_EXEC);
            case "nosymfollow" -> restrictions.add(Restriction.NO_SYMBOLIC_LINKS);
            case "symfollow" -> restrictions.remove(Restriction.NO_SYMBOLIC_LINKS);
            case "suid" -> restrictions.remove(Restriction.NO_SUID);
            case "dev" -> restrictions.remove(Restriction.NO_DEVICES);
            case "exec" -> restrictions.remove(Restriction.NO_EXEC);
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean isPropagation(String option) {
        boolean deep = option.startsWith("r") && !option.equals("r");
        for (Propagation.Kind kind : Propagation.Kind.values()) {
            String word = kind.name().toLowerCase(Locale.ROOT);
            if (option.equals(word) || (deep && option.substring(1).equals(word))) {
                propagation = Optional.of(new Propagation(kind, deep));
                return true;
            }
        }
        return false;
    }

    private void take(ByteString option) {
        switch (option.toString()) {
            case "rbind" -> recursive = true;
            case "bind" -> recursive = false;
            case "nofail", "silent" -> optional = true;
            case "x-create=dir" -> create = Create.DIRECTORY;
            case "x-create=file" -> create = Create.FILE;
            // What holds in any case: places are made, and there is no SELinux label to change.
            case "", "x-create=auto", "x-create", "defaults", "z", "Z" -> {}
            default -> {
                if (!isIgnored(option.toString())) {
                    ofType.add(option);
                }
            }
        }
    }

    private static boolean isIgnored(String option) {
        return IGNORED.contains(option) || OF_OTHERS.stream().anyMatch(option::startsWith);
    }

    MountRequest bind(ByteString source, boolean relative, ByteString target, String origin) throws UsageException {
        for (ByteString option : ofType) {
            throw unknown(option);
        }
        return new MountRequest.Bind(
                source, relative, target, recursive, optional, restrictions, propagation, create, origin);
    }

    MountRequest squashfs(ByteString image, boolean relative, ByteString target, String origin) throws UsageException {
        for (ByteString option : ofType) {
            throw unknown(option);
        }
        return new MountRequest.Squashfs(image, relative, target, restrictions, optional, origin);
    }

    MountRequest tmpfs(ByteString target, String origin) throws UsageException {
        OptionalLong size = OptionalLong.empty();
        int mode = MountRequest.DEFAULT_TMPFS_MODE;
        for (ByteString option : ofType) {
            String text = option.toString();
            if (text.startsWith("size=")) {
                size = OptionalLong.of(size(text.substring(5)));
            } else if (text.startsWith("mode=")) {
                mode = mode(text.substring(5));
            } else {
                throw unknown(option);
            }
        }
        return new MountRequest.Tmpfs(target, size, mode, restrictions, optional, origin);
    }

    MountRequest overlay(Optional<ByteString> source, ByteString target, String origin) throws UsageException {
        List<ByteString> lower = new ArrayList<>();
        Optional<ByteString> upper = Optional.empty();
        OptionalLong size = OptionalLong.empty();
        for (ByteString option : ofType) {
            if (option.startsWith("lowerdir=")) {
                lower.addAll(io.jrun.runtime.host.ColonLine.fields(option.substring(9)));
            } else if (option.startsWith("upper=")) {
                upper = Optional.of(option.substring(6));
            } else if (option.startsWith("size=")) {
                size = OptionalLong.of(size(option.substring(5).toString()));
            } else {
                throw unknown(option);
            }
        }
        if (lower.isEmpty() && source.isPresent()) {
            lower.add(source.get());
        }
        requireAbsolute(lower, upper);
        boolean readOnly = lower.size() > 1 && upper.isEmpty() && size.isEmpty();
        OverlayUpper memory = new OverlayUpper.Memory(size);
        Optional<OverlayUpper> above =
                upper.isPresent() ? Optional.of(new OverlayUpper.Directory(upper.get())) : Optional.of(memory);
        return new MountRequest.Overlay(target, lower, readOnly ? Optional.empty() : above, optional, origin);
    }

    private void requireAbsolute(List<ByteString> lower, Optional<ByteString> upper) throws UsageException {
        List<ByteString> all = new ArrayList<>(lower);
        if (upper.isPresent()) {
            all.add(upper.get());
        }
        for (ByteString path : all) {
            if (!path.startsWith("/")) {
                throw refusal.because("the layer \"" + path + "\" is not absolute");
            }
        }
        if (lower.isEmpty()) {
            throw refusal.because("it names no directory to show (src=DIR or lowerdir=DIR[:DIR...])");
        }
    }

    private UsageException unknown(ByteString option) {
        return refusal.because("\"" + option + "\" is no option of a mount");
    }

    private long size(String size) throws UsageException {
        OptionalLong value = MemorySize.parse(size);
        if (value.isEmpty()) {
            throw refusal.because("\"" + size + "\" is no size (a number with k, m, g or t)");
        }
        return value.getAsLong();
    }

    private int mode(String mode) throws UsageException {
        try {
            int value = Integer.parseInt(mode, 8);
            if (value >= 0 && value <= 07777) {
                return value;
            }
        } catch (NumberFormatException saidBelow) {
            // Falls through to the one message for all of them.
        }
        throw refusal.because("\"" + mode + "\" is no mode in octal digits");
    }

    /** What stands between commas; one empty text for an empty one. */
    static List<ByteString> split(ByteString options) {
        List<ByteString> parts = new ArrayList<>();
        int from = 0;
        for (int comma = options.indexOf(',', 0); comma >= 0; comma = options.indexOf(',', from)) {
            parts.add(options.substring(from, comma));
            from = comma + 1;
        }
        parts.add(options.substring(from));
        return parts;
    }
}
