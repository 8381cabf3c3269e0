package io.jrun.posix;

import java.util.Optional;

/** What the kernel knows of disk quotas. */
public interface Quotas {

    /** Whose quota. Source: quotactl(2). */
    enum Kind {
        USER(0),
        GROUP(1);

        private final int type;

        Kind(int type) {
            this.type = type;
        }

        int type() {
            return type;
        }
    }

    /**
     * @param hardLimitInBytes 0 where there is none
     * @param hardLimitInInodes 0 where there is none
     */
    record Usage(long hardLimitInBytes, long usedInBytes, long hardLimitInInodes, long usedInodes) {}

    /**
     * Empty where the file system keeps no quota of this kind, or this user may not know.
     *
     * @param device the block device that is mounted
     */
    Optional<Usage> of(Kind kind, String device, int id);
}
