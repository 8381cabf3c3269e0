package io.jrun.runtime.device;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import java.util.ArrayList;
import java.util.List;

/** Which GPUs are asked for. */
public sealed interface GpuRequest {

    /** Neither devices nor driver. */
    record Nothing() implements GpuRequest {}

    /** The driver's files, no GPU: {@code NVIDIA_VISIBLE_DEVICES=none}. */
    record DriverOnly() implements GpuRequest {}

    /** Every GPU that may be opened. */
    record All() implements GpuRequest {}

    /** The first of those that may be opened, in the order of their PCI addresses. */
    record Count(int number) implements GpuRequest {}

    /** By index among those that may be opened, UUID, PCI address, {@code GPU:MIG}, or MIG name. */
    record Named(List<String> names) implements GpuRequest {
        public Named {
            names = List.copyOf(names);
        }
    }

    /** The value of {@code --gpu}; "" is that of the option without a value. */
    static GpuRequest ofOption(String value) throws UsageException {
        if (value.isEmpty() || value.equals("all")) {
            return new All();
        } else if (value.equals("none")) {
            return new Nothing();
        } else if (value.matches("[0-9]{1,4}")) {
            int number = Integer.parseInt(value);
            if (number == 0) {
                throw new UsageException(Failure.of("give --gpu=0", "a single number says how many GPUs")
                        .hint("for the GPU of index 0 write --gpu=0, with the comma; for none --gpu=none"));
            }
            return new Count(number);
        }
        return named(value, "--gpu=" + value);
    }

    /** The value of NVIDIA_VISIBLE_DEVICES, in which a number is an index. */
    static GpuRequest ofVisibleDevices(String value) throws UsageException {
        return switch (value) {
            case "", "void" -> new Nothing();
            case "none" -> new DriverOnly();
            case "all" -> new All();
            default -> named(value, "NVIDIA_VISIBLE_DEVICES=" + value);
        };
    }

    private static GpuRequest named(String value, String origin) throws UsageException {
        List<String> names = new ArrayList<>();
        for (String name : value.split(",", -1)) {
            if (!name.isBlank()) {
                names.add(name.strip());
            }
        }
        for (String name : names) {
            if (!name.matches("[A-Za-z0-9:./_-]{1,200}")) {
                throw new UsageException(Failure.of("take " + origin, "no GPU has a name like " + name)
                        .hint("`jrun gpu list` shows the names there are"));
            }
        }
        if (names.isEmpty()) {
            throw new UsageException(
                    Failure.of("take " + origin, "it names no GPU").hint("leave it away, or write --gpu=all"));
        }
        return new Named(names);
    }
}
