package io.jrun.runtime.cdi;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import java.util.regex.Pattern;

/** A qualified device name, {@code vendor/class=name}. Source: CDI spec 1.1.0, "Kind", "Device name". */
public record CdiName(String kind, String device) {

    static final Pattern KIND =
            Pattern.compile("[A-Za-z][A-Za-z0-9_.-]{0,62}(?<=[A-Za-z0-9])/[A-Za-z][A-Za-z0-9_-]{0,62}(?<=[A-Za-z0-9])");
    static final Pattern DEVICE = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9_.:-]{0,250}[A-Za-z0-9])?");

    public static CdiName parse(String text) throws UsageException {
        int equals = text.indexOf('=');
        if (equals < 0
                || !KIND.matcher(text.substring(0, equals)).matches()
                || !DEVICE.matcher(text.substring(equals + 1)).matches()) {
            throw new UsageException(Failure.of("give --device " + text, "it is neither a path nor a CDI device")
                    .hint("write a path that begins with /dev, or vendor/class=name as in nvidia.com/gpu=0"));
        }
        return new CdiName(text.substring(0, equals), text.substring(equals + 1));
    }

    @Override
    public String toString() {
        return kind + "=" + device;
    }
}
