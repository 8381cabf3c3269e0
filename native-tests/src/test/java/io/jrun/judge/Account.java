package io.jrun.judge;

import java.util.List;

/** Who runs a command. Where the tests themselves run unprivileged, both accounts are the caller. */
enum Account {
    /** Nobody in particular: a number without an entry in passwd(5), without supplementary groups, without rights. */
    USER {
        @Override
        List<String> prefix() {
            return Host.isRoot()
                    ? List.of("setpriv", "--reuid=" + ID, "--regid=" + ID, "--clear-groups", "--")
                    : List.of();
        }
    },
    /** An account that each Debian has and nothing uses; Slurm insists on one with a name. */
    GAMES {
        @Override
        List<String> prefix() {
            return List.of("setpriv", "--reuid=games", "--regid=games", "--init-groups", "--");
        }
    },
    ROOT {
        @Override
        List<String> prefix() {
            return List.of();
        }
    };

    /** Of {@link #USER} where root runs the tests. */
    static final int ID = 54321;

    /** Under which {@link #USER} runs here. */
    static String numberOfUser() {
        return Command.of("id", "-u").as(USER).run().orFail().text();
    }

    /** Words before a command that make this account run it. */
    abstract List<String> prefix();
}
