package io.jrun.runtime.cgroup;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.runtime.config.ConfigKey;
import io.jrun.runtime.config.MemorySize;
import java.util.List;
import java.util.OptionalLong;

/** The limits that can be asked for, each by one option and one configuration key of the same name. */
public enum LimitKind {
    MEMORY(ConfigKey.MEMORY) {
        @Override
        public List<Limit> parse(String value, String origin) throws UsageException {
            // What is out of memory is ended whole: a job of which one rank is missing would wait until its time is up.
            return List.of(
                    new Limit(Controller.MEMORY, "memory.max", Long.toString(bytes(value, origin)), origin),
                    new Limit(Controller.MEMORY, "memory.oom.group", "1", origin));
        }
    },
    MEMORY_HIGH(ConfigKey.MEMORY_HIGH) {
        @Override
        public List<Limit> parse(String value, String origin) throws UsageException {
            return List.of(new Limit(Controller.MEMORY, "memory.high", Long.toString(bytes(value, origin)), origin));
        }
    },
    SWAP(ConfigKey.SWAP) {
        @Override
        public List<Limit> parse(String value, String origin) throws UsageException {
            String bytes = value.equals("0") ? "0" : Long.toString(size(value, origin));
            return List.of(new Limit(Controller.MEMORY, "memory.swap.max", bytes, origin));
        }
    },
    CPUS(ConfigKey.CPUS) {
        @Override
        public List<Limit> parse(String value, String origin) throws UsageException {
            return List.of(new Limit(Controller.CPU, "cpu.max", cpuTime(value, origin), origin));
        }
    },
    CPUSET_CPUS(ConfigKey.CPUSET_CPUS) {
        @Override
        public List<Limit> parse(String value, String origin) throws UsageException {
            return List.of(new Limit(
                    Controller.CPUSET,
                    "cpuset.cpus",
                    NumberList.parse(value, origin).text(),
                    origin));
        }
    },
    CPUSET_MEMS(ConfigKey.CPUSET_MEMS) {
        @Override
        public List<Limit> parse(String value, String origin) throws UsageException {
            return List.of(new Limit(
                    Controller.CPUSET,
                    "cpuset.mems",
                    NumberList.parse(value, origin).text(),
                    origin));
        }
    },
    PIDS(ConfigKey.PIDS) {
        @Override
        public List<Limit> parse(String value, String origin) throws UsageException {
            if (!value.matches("[1-9][0-9]{0,8}")) {
                throw refuse(value, origin, "is no number of processes and threads", "give a number from 1 on");
            }
            return List.of(new Limit(Controller.PIDS, "pids.max", value, origin));
        }
    },
    IO(ConfigKey.IO) {
        @Override
        public List<Limit> parse(String value, String origin) throws UsageException {
            return List.of(new Limit(Controller.IO, "io.max", DeviceLimit.parse(value, origin), origin));
        }
    };

    /** Less does not hold one process; the kernel would kill it before its first instruction. */
    private static final long LEAST_MEMORY = 1 << 20;

    private static final int PERIOD_MICROSECONDS = 100_000;

    private final ConfigKey key;

    LimitKind(ConfigKey key) {
        this.key = key;
    }

    public ConfigKey key() {
        return key;
    }

    /** As behind "--". */
    public String word() {
        return key.word();
    }

    /**
     * What is to be written.
     *
     * @param origin for messages and the plan
     */
    public abstract List<Limit> parse(String value, String origin) throws UsageException;

    /** Limits that are good each by itself may make no sense together. */
    public static void requireSense(List<Limit> limits) throws UsageException {
        for (Limit high : limits) {
            for (Limit most : limits) {
                if (high.file().equals("memory.high")
                        && most.file().equals("memory.max")
                        && Long.parseLong(high.value()) >= Long.parseLong(most.value())) {
                    throw new UsageException(Failure.of(
                                    "limit the container",
                                    high.origin() + " has no effect: what needs more than " + most.origin()
                                            + " is ended before it is slowed down (EINVAL)")
                            .comparing("less than " + most.value(), high.value())
                            .hint("give --memory-high less than --memory"));
                }
            }
        }
    }

    private static long size(String value, String origin) throws UsageException {
        OptionalLong size = MemorySize.parse(value);
        if (size.isEmpty()) {
            throw refuse(value, origin, "is no amount of memory", "give bytes, or a number with k, m, g or t");
        }
        return size.getAsLong();
    }

    private static long bytes(String value, String origin) throws UsageException {
        long bytes = size(value, origin);
        if (bytes < LEAST_MEMORY) {
            throw refuse(value, origin, "is less than a process needs to begin", "give 1m at least, or more");
        }
        return bytes;
    }

    /** Quota and period. The kernel takes no quota below a millisecond. */
    private static String cpuTime(String value, String origin) throws UsageException {
        if (!value.matches("[0-9]{1,5}(\\.[0-9]{1,3})?")) {
            throw refuse(value, origin, "is no number of processors", "give a number such as 4 or 1.5");
        }
        long quota = Math.round(Double.parseDouble(value) * PERIOD_MICROSECONDS);
        if (quota < 1000) {
            throw refuse(value, origin, "is less than the kernel hands out", "give 0.01 at least");
        }
        return quota + " " + PERIOD_MICROSECONDS;
    }

    static UsageException refuse(String value, String origin, String why, String hint) {
        return new UsageException(Failure.of("limit the container", "\"" + value + "\" of " + origin + " " + why)
                .hint(hint));
    }
}
