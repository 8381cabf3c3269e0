package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.CheckLine;
import io.jrun.runtime.plan.PlanStep.Namespace;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** The words for hosts that do not let users make namespaces: by errno, since only the host's set-up tells them apart. */
final class NamespaceFaults {

    private static final String APPARMOR =
            "AppArmor on this host lets only programs with a profile make user namespaces";
    private static final String APPARMOR_HINT =
            "ask an administrator for an AppArmor profile of jrun with \"userns,\", as Ubuntu 24.04 needs";

    private NamespaceFaults() {}

    /** Of unshare(2) with these and no others. */
    static Fault unshare(Set<Namespace> namespaces) {
        Fault fault = Fault.of(namespaces.contains(Namespace.USER) ? "make a user namespace" : "make namespaces");
        CheckLine line = namespaces.contains(Namespace.USER) ? CheckLine.USER_NAMESPACES : CheckLine.OTHER_NAMESPACES;
        return fault.because(
                        Errno.EPERM,
                        "this host lets no user do it",
                        "ask an administrator for: sysctl kernel.unprivileged_userns_clone=1,"
                                + " or on Ubuntu 24.04 for an AppArmor profile of jrun with \"userns,\"",
                        line)
                .because(Errno.EACCES, APPARMOR, APPARMOR_HINT, line)
                .because(
                        Errno.ENOSPC,
                        "the number of " + names(namespaces) + " namespaces is used up, or none are allowed",
                        limitHint(namespaces),
                        line)
                .because(
                        Errno.EUSERS, "user namespaces are nested too deep", "start it outside of the outer containers")
                .because(
                        Errno.EINVAL,
                        "this kernel was built without user namespaces",
                        "ask an administrator for a kernel with CONFIG_USER_NS=y");
    }

    private static String names(Set<Namespace> namespaces) {
        List<String> names = new ArrayList<>();
        for (Namespace namespace : new TreeSet<>(namespaces)) {
            names.add(name(namespace));
        }
        int last = names.size() - 1;
        return last == 0 ? names.get(0) : String.join(", ", names.subList(0, last)) + " or " + names.get(last);
    }

    private static String name(Namespace namespace) {
        return switch (namespace) {
            case USER, MOUNT -> namespace.name().toLowerCase(Locale.ROOT);
            case NET -> "network";
            case PID, IPC, UTS -> namespace.name();
            case CGROUP -> "cgroup";
        };
    }

    /** Source: namespaces(7), "The /proc/sys/user directory". */
    private static String limitHint(Set<Namespace> namespaces) {
        List<String> sysctls = new ArrayList<>();
        for (Namespace namespace : new TreeSet<>(namespaces)) {
            String word =
                    namespace == Namespace.MOUNT ? "mnt" : namespace.name().toLowerCase(Locale.ROOT);
            sysctls.add("user.max_" + word + "_namespaces");
        }
        return sysctls.size() == 1
                ? "ask an administrator to raise: sysctl " + sysctls.get(0)
                : "ask an administrator to raise the one that is too low of: sysctl " + String.join(" ", sysctls);
    }

    /** Of the first mount in a mount namespace of its own; who may not make this one may make none. */
    static Fault firstMount(Fault fault) {
        return fault.because(
                Errno.EPERM,
                "a filter or a security module of this host refuses mounts",
                "ask who runs this host, or the container that it is, to let programs mount: mount(2)",
                CheckLine.MOUNTS);
    }

    /** Of writing /proc/self/uid_map and its kin. */
    static Fault map(String what) {
        return Fault.of(what)
                .because(Errno.EPERM, APPARMOR, APPARMOR_HINT, CheckLine.USER_NAMESPACES)
                .because(Errno.EACCES, APPARMOR, APPARMOR_HINT, CheckLine.USER_NAMESPACES);
    }

    /** Of newuidmap(1) and newgidmap(1). */
    static Fault mapper(String what, ByteString program) {
        return Fault.of(ByteString.of(what + " with ").plus(program))
                .because(
                        PlanFormat.NO_ERRNO,
                        "it refused",
                        "ask an administrator for a line with your name in /etc/subuid and in /etc/subgid",
                        CheckLine.SUBORDINATE_IDS);
    }
}
