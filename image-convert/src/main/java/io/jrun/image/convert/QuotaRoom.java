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

    /** Bytes that the caller may still write into the directory; empty where no quota is known. */
    OptionalLong in(Path directory) {
        try {
            long device = ((Number) Files.getAttribute(directory, "unix:dev")).longValue();
            Path self = Path.of("/proc/self");
            return on(device, (Integer) Files.getAttribute(self, "unix:uid"), (Integer)
                    Files.getAttribute(self, "unix:gid"));
        } catch (IOException | UnsupportedOperationException unknown) {
            return OptionalLong.empty();
        }
    }

    /** @param device as stat(2) numbers it */
    OptionalLong on(long device, int user, int group) {
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
                        : OptionalLong.empty();
            }
        }
        return OptionalLong.empty();
    }

    private OptionalLong left(String source, int user, int group) {
        OptionalLong ofUser = left(Kind.USER, source, user);
        OptionalLong ofGroup = left(Kind.GROUP, source, group);
        if (ofUser.isPresent() && ofGroup.isPresent()) {
            return OptionalLong.of(Math.min(ofUser.getAsLong(), ofGroup.getAsLong()));
        }
        return ofUser.isPresent() ? ofUser : ofGroup;
    }

    private OptionalLong left(Kind kind, String source, int id) {
        return quotas.get().of(kind, source, id).stream()
                .filter(usage -> usage.hardLimitInBytes() > 0)
                .mapToLong(usage -> Math.max(0, usage.hardLimitInBytes() - usage.usedInBytes()))
                .findFirst();
    }

    /** Source: makedev(3). */
    private static long major(long device) {
        return ((device >>> 8) & 0xfff) | ((device >>> 32) & ~0xfffL);
    }

    private static long minor(long device) {
        return (device & 0xff) | ((device >>> 12) & ~0xffL);
    }
}
