package io.jrun.cli.host;

import java.nio.file.Path;

/** Something that a process left which is gone. */
public record Leftover(Kind kind, Path path) {

    /** What it was to become, or was for. */
    public enum Kind {
        CONTAINER("container"),
        PLAN("plan"),
        LOCK("lock"),
        JOIN("join"),
        BUNDLE("bundle"),
        OUTPUT("output"),
        DOWNLOAD("download"),
        RECORD("record"),
        COPY("copy"),
        CGROUP("cgroup"),
        CHECK("check");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        /** As it is printed, the same in every release. */
        public String label() {
            return label;
        }
    }
}
