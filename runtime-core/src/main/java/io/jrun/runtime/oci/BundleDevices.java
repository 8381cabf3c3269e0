package io.jrun.runtime.oci;

import io.jrun.error.CorruptDataException;
import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.LifecycleStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The devices of a container: made where the caller may, else the host's own, bound.
 *
 * <p>Source: OCI runtime-spec 1.2, config-linux.md, "Devices" and "Default Devices".
 */
final class BundleDevices {

    private static final int S_IFIFO = 0010000;
    private static final int S_IFCHR = 0020000;
    private static final int S_IFBLK = 0060000;
    private static final int DEFAULT_MODE = 0666;

    /** Minor numbers of the memory devices, whose major number is 1; and the terminal. Source: devices.txt. */
    private static final Map<String, int[]> DEFAULTS = defaults();

    private static final Map<String, String> LINKS = links();

    private final boolean makes;

    BundleDevices(boolean makes) {
        this.makes = makes;
    }

    private static Map<String, int[]> defaults() {
        Map<String, int[]> all = new LinkedHashMap<>();
        all.put("/dev/null", new int[] {1, 3});
        all.put("/dev/zero", new int[] {1, 5});
        all.put("/dev/full", new int[] {1, 7});
        all.put("/dev/random", new int[] {1, 8});
        all.put("/dev/urandom", new int[] {1, 9});
        all.put("/dev/tty", new int[] {5, 0});
        return all;
    }

    /** Source: config-linux.md and runtime-linux.md, "Dev symbolic links". */
    private static Map<String, String> links() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("/dev/fd", "/proc/self/fd");
        all.put("/dev/stdin", "/proc/self/fd/0");
        all.put("/dev/stdout", "/proc/self/fd/1");
        all.put("/dev/stderr", "/proc/self/fd/2");
        all.put("/dev/ptmx", "pts/ptmx");
        return all;
    }

    List<LifecycleStep> of(ConfigNode linux) throws JrunException {
        Map<String, LifecycleStep> steps = new LinkedHashMap<>();
        for (ConfigNode device : linux.items("devices")) {
            String path = device.required("path").text();
            if (!path.startsWith("/")) {
                throw device.required("path").malformed("not absolute");
            }
            LifecycleStep step = device(device, path);
            LifecycleStep before = steps.put(path, step);
            if (before != null && !before.equals(step)) {
                throw device.malformed("a second one at " + path);
            }
        }
        for (Map.Entry<String, int[]> each : DEFAULTS.entrySet()) {
            int[] number = each.getValue();
            steps.putIfAbsent(
                    each.getKey(),
                    makes
                            ? make(each.getKey(), S_IFCHR | DEFAULT_MODE, number[0], number[1], 0, 0)
                            : bind(each.getKey()));
        }
        List<LifecycleStep> all = new ArrayList<>(steps.values());
        for (Map.Entry<String, String> each : LINKS.entrySet()) {
            all.add(new LifecycleStep.MakeLink(ByteString.of(each.getValue()), ByteString.of(each.getKey())));
        }
        return all;
    }

    private LifecycleStep device(ConfigNode device, String path) throws JrunException {
        String type = device.required("type").text();
        int kind =
                switch (type) {
                    case "c", "u" -> S_IFCHR;
                    case "b" -> S_IFBLK;
                    case "p" -> S_IFIFO;
                    default -> throw device.required("type").malformed("\"" + type + "\", no kind of device");
                };
        int major = kind == S_IFIFO ? 0 : number(device, "major");
        int minor = kind == S_IFIFO ? 0 : number(device, "minor");
        int mode = (int) device.integer("fileMode").orElse(DEFAULT_MODE) & 07777;
        if (makes || kind == S_IFIFO) {
            return make(path, kind | mode, major, minor, device.id("uid"), device.id("gid"));
        }
        if (!isOnHost(path, kind, major, minor)) {
            throw device.unsupported("only root can make a device node, and the host has no such device at " + path);
        }
        return bind(path);
    }

    private static int number(ConfigNode device, String key) throws CorruptDataException {
        OptionalLong number = device.integer(key);
        if (number.isEmpty() || number.getAsLong() < 0 || number.getAsLong() > 0xfffff) {
            throw device.malformed("without a " + key + " number");
        }
        return (int) number.getAsLong();
    }

    private static boolean isOnHost(String path, int kind, int major, int minor) {
        try {
            Map<String, Object> status = Files.readAttributes(Path.of(path), "unix:mode,rdev");
            long device = ((Number) status.get("rdev")).longValue();
            long wanted = (minor & 0xff) | ((long) major << 8) | ((long) (minor & ~0xff) << 12); // makedev(3)
            return ((Number) status.get("mode")).intValue() / 010000 == kind / 010000 && device == wanted;
        } catch (IOException missing) {
            return false;
        }
    }

    private static LifecycleStep make(String path, int mode, int major, int minor, long uid, long gid) {
        return new LifecycleStep.MakeDevice(ByteString.of(path), mode, major, minor, uid, gid);
    }

    private static LifecycleStep bind(String path) {
        ByteString device = ByteString.of(path);
        return new LifecycleStep.Mount(
                device,
                device,
                ByteString.of(""),
                MountOptionTable.MS_BIND,
                0,
                0,
                0,
                ByteString.of(""),
                List.of(),
                true,
                Optional.empty());
    }
}
