package io.jrun.runtime.host;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What this kernel and its sysctls allow, with the reason for each no.
 *
 * @param noUserNamespace why a user namespace cannot be made
 * @param noOverlay why overlayfs cannot be mounted in a user namespace
 */
public record HostCapabilities(Optional<Failure> noUserNamespace, Optional<Failure> noOverlay) {

    private static final String USER_NAMESPACE = "start a container";
    private static final int MAX_SYSCTL_BYTES = 4096;
    private static final int MAX_PROFILE_BYTES = 1 << 20;

    /** The kernel that let unprivileged users mount overlayfs. */
    private static final int OVERLAY_MAJOR = 5;

    private static final int OVERLAY_MINOR = 11;

    public static HostCapabilities read(HostFiles files, HostFacts host) throws JrunException {
        return new HostCapabilities(noUserNamespace(files, host.uid()), noOverlay(host.kernelRelease()));
    }

    /** @throws HostUnsupportedException with the sysctl to change as its hint */
    public void requireUserNamespace() throws HostUnsupportedException {
        if (noUserNamespace.isPresent()) {
            throw new HostUnsupportedException(noUserNamespace.get());
        }
    }

    /** Source: user_namespaces(7); namespaces(7), /proc/sys/user. */
    private static Optional<Failure> noUserNamespace(HostFiles files, long uid) throws JrunException {
        if (!files.lstat(ByteString.of("/proc/self/ns/user")).kind().isPresent()) {
            return Optional.of(Failure.of(USER_NAMESPACE, "this kernel is built without user namespaces (ENOSYS)")
                    .hint(CheckLine.USER_NAMESPACES.behind("ask for a kernel with CONFIG_USER_NS=y")));
        }
        if (sysctl(files, "/proc/sys/user/max_user_namespaces").equals("0")) {
            return Optional.of(Failure.of(USER_NAMESPACE, "user namespaces are switched off on this host (ENOSPC)")
                    .hint(CheckLine.USER_NAMESPACES.behind(
                            "ask an administrator for: sysctl -w user.max_user_namespaces=65536")));
        }
        if (sysctl(files, "/proc/sys/user/max_mnt_namespaces").equals("0")) {
            return Optional.of(Failure.of(USER_NAMESPACE, "mount namespaces are switched off on this host (ENOSPC)")
                    .hint(CheckLine.USER_NAMESPACES.behind(
                            "ask an administrator for: sysctl -w user.max_mnt_namespaces=65536")));
        }
        if (uid == 0) {
            return Optional.empty();
        }
        if (sysctl(files, "/proc/sys/kernel/unprivileged_userns_clone").equals("0")) {
            return Optional.of(
                    Failure.of(USER_NAMESPACE, "this host refuses user namespaces to unprivileged users (EPERM)")
                            .hint(CheckLine.USER_NAMESPACES.behind(
                                    "ask an administrator for: sysctl -w kernel.unprivileged_userns_clone=1")));
        }
        if (sysctl(files, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
                        .equals("1")
                && !profileNamesUs(files)) {
            return Optional.of(Failure.of(
                            USER_NAMESPACE,
                            "AppArmor refuses user namespaces to programs without a profile, and none names jrun (EACCES)")
                    .hint(CheckLine.USER_NAMESPACES.behind(
                            "ask an administrator for a profile with \"userns,\" for bin/jrun, or for: sysctl -w"
                                    + " kernel.apparmor_restrict_unprivileged_userns=0")));
        }
        return Optional.empty();
    }

    /**
     * Whether any profile of the host speaks of jrun. What is loaded, only root may list; a profile that is there but not
     * loaded is then reported by the starter.
     */
    private static boolean profileNamesUs(HostFiles files) throws JrunException {
        String[] names = new File("/etc/apparmor.d").list();
        if (names == null) {
            return false;
        }
        for (String name : names) {
            ByteString path = ByteString.of("/etc/apparmor.d/" + name);
            if (files.stat(path).kind() == FileKind.REGULAR && files.stat(path).sizeInBytes() <= MAX_PROFILE_BYTES) {
                Optional<byte[]> profile = readProfile(files, path);
                if (profile.isEmpty() || new String(profile.get(), StandardCharsets.UTF_8).contains("jrun")) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Empty for one that may not be read: it may be ours, and the starter finds out. */
    private static Optional<byte[]> readProfile(HostFiles files, ByteString path) throws JrunException {
        try {
            return files.read(path, MAX_PROFILE_BYTES);
        } catch (DeniedException unreadable) {
            return Optional.empty();
        }
    }

    private static Optional<Failure> noOverlay(ByteString release) {
        String text = release.toString();
        int dot = text.indexOf('.');
        int major = dot < 0 ? 0 : leadingNumber(text);
        int minor = dot < 0 ? 0 : leadingNumber(text.substring(dot + 1));
        boolean allowed = major > OVERLAY_MAJOR || (major == OVERLAY_MAJOR && minor >= OVERLAY_MINOR);
        return allowed
                ? Optional.empty()
                : Optional.of(
                        Failure.of("mount an overlay", "kernel " + text + " refuses it in a user namespace (EPERM)")
                                .hint(CheckLine.OVERLAY.behind("needs Linux 5.11 or newer")));
    }

    private static int leadingNumber(String text) {
        int value = 0;
        for (int i = 0; i < text.length() && i < 6; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                break;
            }
            value = value * 10 + digit;
        }
        return value;
    }

    /** Empty text where this kernel has no such sysctl. */
    private static String sysctl(HostFiles files, String path) throws JrunException {
        Optional<byte[]> content = files.read(ByteString.of(path), MAX_SYSCTL_BYTES);
        return content.isPresent() ? new String(content.get(), StandardCharsets.UTF_8).strip() : "";
    }
}
