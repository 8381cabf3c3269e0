package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;

/** The words for hosts that do not let users make namespaces: by errno, since only the host's set-up tells them apart. */
final class NamespaceFaults {

    private static final String APPARMOR =
            "AppArmor on this host lets only programs with a profile make user namespaces";
    private static final String APPARMOR_HINT =
            "ask an administrator for an AppArmor profile of jrun with \"userns,\", as Ubuntu 24.04 needs";

    private NamespaceFaults() {}

    /** Of unshare(2). */
    static Fault unshare(boolean user) {
        Fault fault = Fault.of(user ? "make a user namespace" : "make namespaces");
        return fault.because(
                        Errno.EPERM,
                        "this host lets no user do it",
                        "ask an administrator for: sysctl kernel.unprivileged_userns_clone=1,"
                                + " or on Ubuntu 24.04 for an AppArmor profile of jrun with \"userns,\"; see `jrun check`")
                .because(Errno.EACCES, APPARMOR, APPARMOR_HINT)
                .because(
                        Errno.ENOSPC,
                        "the number of user namespaces is used up, or none are allowed",
                        "ask an administrator to raise: sysctl user.max_user_namespaces")
                .because(
                        Errno.EUSERS, "user namespaces are nested too deep", "start it outside of the outer containers")
                .because(
                        Errno.EINVAL,
                        "this kernel was built without user namespaces",
                        "ask an administrator for a kernel with CONFIG_USER_NS=y");
    }

    /** Of writing /proc/self/uid_map and its kin. */
    static Fault map(String what) {
        return Fault.of(what)
                .because(Errno.EPERM, APPARMOR, APPARMOR_HINT)
                .because(Errno.EACCES, APPARMOR, APPARMOR_HINT);
    }

    /** Of newuidmap(1) and newgidmap(1). */
    static Fault mapper(String what, ByteString program) {
        return Fault.of(ByteString.of(what + " with ").plus(program))
                .because(
                        PlanFormat.NO_ERRNO,
                        "it refused",
                        "ask an administrator for a line with your name in /etc/subuid and in /etc/subgid");
    }
}
