package io.jrun.image.convert;

import io.jrun.posix.JnrQuotas;
import io.jrun.posix.Quotas;
import io.jrun.posix.Quotas.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * What the quotas of users and groups leave, which statvfs(3) does not tell: of local file systems that were mounted with
 * them, such as ext4 and XFS.
 *
 * @param mountInfo Source: proc(5), {@code /proc/[pid]/mountinfo}
 * @param quotas asked only where a mount says that it keeps quotas
 */
record QuotaRoom(List<String> mountInfo, Supplier<Quotas> quotas) {

    /** Source: mount(8), ext4(5), xfs(5). */
    private static final Pattern KEEPS_QUOTAS = Pattern.compile("(.*,)?(usr|grp|u|g)?j?quota([=,].*)?");

    private static final int DEVICE_FIELD = 2;
    private static final int SOURCE_BEHIND_DASH = 2;
    private static final int OPTIONS_BEHIND_DASH = 3;

    QuotaRoom {
        mountInfo = List.copyOf(mountInfo);
    }

    static QuotaRoom ofThisHost() {
        try {
            return new QuotaRoom(
                    Files.readAllLines(Path.of("/proc/self/mountinfo"), StandardCharsets.ISO_8859_1), JnrQuotas::load);
        } catch (IOException noProc) {
            return new QuotaRoom(List.of(), JnrQuotas::load);
        }
    }

    /** What the caller may still use; empty where no quota is known. */
    record Left(OptionalLong bytes, OptionalLong inodes) {

        static final Left UNKNOWN = new Left(OptionalLong.empty(), OptionalLong.empty());

        /** What both allow. */
        private Left and(Left other) {
            return new Left(smaller(bytes, other.bytes), smaller(inodes, other.inodes));
        }

        private static OptionalLong smaller(OptionalLong one, OptionalLong other) {
            if (one.isPresent() && other.isPresent()) {
                return OptionalLong.of(Math.min(one.getAsLong(), other.getAsLong()));
            }
            return one.isPresent() ? one : other;
        }

        private static Left of(Quotas.Usage usage) {
            return new Left(
                    left(usage.hardLimitInBytes(), usage.usedInBytes()),
                    left(usage.hardLimitInInodes(), usage.usedInodes()));
        }

        private static OptionalLong left(long limit, long used) {
            return limit > 0 ? OptionalLong.of(Math.max(0, limit - used)) : OptionalLong.empty();
        }
    }

    /** Of the directory's file system. */
    Left in(Path directory) {
        try {
            long device = ((Number) Files.getAttribute(directory, "unix:dev")).longValue();
            Path self = Path.of("/proc/self");
            return on(device, (Integer) Files.getAttribute(self, "unix:uid"), (Integer)
                    Files.getAttribute(self, "unix:gid"));
        } catch (IOException | UnsupportedOperationException unknown) {
            return Left.UNKNOWN;
        }
    }

    /** @param device as stat(2) numbers it */
    Left on(long device, int user, int group) {
        String wanted = major(device) + ":" + minor(device);
        for (String line : mountInfo) {
            List<String> fields = List.of(line.split(" "));
            int dash = fields.indexOf("-");
            if (dash > DEVICE_FIELD
                    && fields.size() > dash + OPTIONS_BEHIND_DASH
                    && fields.get(DEVICE_FIELD).equals(wanted)) {
                return KEEPS_QUOTAS
                                .matcher(fields.get(dash + OPTIONS_BEHIND_DASH))
                                .matches()
                        ? left(fields.get(dash + SOURCE_BEHIND_DASH), user, group)
                        : Left.UNKNOWN;
            }
        }
        return Left.UNKNOWN;
    }

    private Left left(String source, int user, int group) {
        return left(Kind.USER, source, user).and(left(Kind.GROUP, source, group));
    }

    private Left left(Kind kind, String source, int id) {
        return quotas.get().of(kind, source, id).map(Left::of).orElse(Left.UNKNOWN);
    }

    /** Source: makedev(3). */
    private static long major(long device) {
        return ((device >>> 8) & 0xfff) | ((device >>> 32) & ~0xfffL);
    }

    private static long minor(long device) {
        return (device & 0xff) | ((device >>> 12) & ~0xffL);
    }
}
