package io.jrun.runtime.cgroup;

import io.jrun.error.UsageException;
import io.jrun.runtime.config.MemorySize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** A line of io.max from "DEVICE:rbps=N,wbps=N,riops=N,wiops=N". */
final class DeviceLimit {

    private static final Path DEVICES = Path.of("/sys/class/block");

    private DeviceLimit() {}

    static String parse(String text, String origin) throws UsageException {
        int colon = text.lastIndexOf(':');
        String device = colon < 0 ? text : text.substring(0, colon);
        List<String> words = new ArrayList<>();
        words.add(number(device, text, origin));
        for (String setting : text.substring(colon + 1).split(",", -1)) {
            int equals = setting.indexOf('=');
            String key = equals < 0 ? "" : setting.substring(0, equals);
            OptionalLong value = MemorySize.parse(setting.substring(equals + 1));
            if (!List.of("rbps", "wbps", "riops", "wiops").contains(key) || value.isEmpty()) {
                throw LimitKind.refuse(
                        text, origin, "is no limit of a device", "write it as in /dev/sda:rbps=100m,wiops=500");
            }
            words.add(key + "=" + value.getAsLong());
        }
        return String.join(" ", words);
    }

    /** Major and minor: the kernel limits whole disks by them. */
    private static String number(String device, String text, String origin) throws UsageException {
        if (device.matches("[0-9]+:[0-9]+")) {
            return device;
        }
        String name = device.startsWith("/dev/") ? device.substring("/dev/".length()) : device;
        try {
            if (name.matches("[A-Za-z0-9!_-]+")) {
                return Files.readString(DEVICES.resolve(name).resolve("dev")).strip();
            }
        } catch (IOException saidBelow) {
            // Falls through to the one message for both.
        }
        throw LimitKind.refuse(text, origin, "names no block device", "`lsblk` shows the devices");
    }
}
