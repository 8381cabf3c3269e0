package io.jrun.image.model;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Where other tools keep, in a root filesystem of theirs, what a config says. Paths are seen from the root. Source:
 * ch-run(1), "--set-env"; enroot's documentation, "Image format".
 */
public final class ForeignFiles {

    public static final String CHARLIECLOUD_ENVIRONMENT = "ch/environment";

    /** Counts only beside {@link #ENROOT_SCRIPT}: other programs have a file of that name too. */
    public static final String ENROOT_ENVIRONMENT = "etc/environment";

    /** Run by {@code /bin/sh} with the user's arguments. */
    public static final String ENROOT_SCRIPT = "etc/rc";

    public static final int MAX_ENVIRONMENT_IN_BYTES = 1 << 20;

    private ForeignFiles() {}

    /** The lines NAME=VALUE of such a file; all others are left out. */
    public static List<String> settings(byte[] environment) {
        List<String> settings = new ArrayList<>();
        for (String line : new String(environment, StandardCharsets.UTF_8).split("\n", -1)) {
            if (line.matches("[A-Za-z_][A-Za-z0-9_]*=.*")) {
                settings.add(line);
            }
        }
        return settings;
    }
}
