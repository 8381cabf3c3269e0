package io.jrun.runtime.plan;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;

/**
 * What package managers must be told where changes of ownership are pretended: apt gives its downloads to a user of its
 * own and then finds that they are not that user's. Source: apt.conf(5), "the binary apt-get and Sandbox::User".
 */
final class PackageManagerFiles {

    private static final String APT = "/etc/apt/apt.conf.d";
    private static final ByteString APT_AS_ROOT = ByteString.of("APT::Sandbox::User \"root\";\n");

    private PackageManagerFiles() {}

    /** In an image that has the directory for it, behind all other mounts. */
    static void plan(MountPlanner mounts, SideLayer side, String origin) throws JrunException {
        if (mounts.hasDirectory(ByteString.of(APT))) {
            side.show(APT + "/zz-jrun", APT_AS_ROOT, origin + ", for apt");
        }
    }
}
