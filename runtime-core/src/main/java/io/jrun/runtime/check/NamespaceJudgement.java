package io.jrun.runtime.check;

import io.jrun.runtime.check.Evidence.Kernel;
import io.jrun.runtime.check.Trial.NotTried;
import io.jrun.runtime.check.Trial.Refused;
import io.jrun.runtime.check.Trial.Worked;
import io.jrun.runtime.host.CheckLine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** User namespaces and mounts, and who forbids them. Source: user_namespaces(7), namespaces(7). */
final class NamespaceJudgement {

    private static final String NAMESPACES = CheckLine.USER_NAMESPACES.key();
    private static final String NAMESPACES_SUBJECT = "user namespaces";
    private static final String MOUNTS = CheckLine.MOUNTS.key();
    private static final String OTHERS = CheckLine.OTHER_NAMESPACES.key();
    private static final String OTHERS_SUBJECT = "other namespaces";
    private static final List<String> OPTIONAL = List.of("pid", "ipc", "uts", "net", "cgroupns");

    /** Who forbids, and what to do about it. */
    private record Forbidder(String found, String mend) {}

    private NamespaceJudgement() {}

    static List<Finding> judge(Kernel kernel, Trial start) {
        if (start instanceof Worked) {
            return List.of(
                    Finding.ok(NAMESPACES, NAMESPACES_SUBJECT, "a container started in one"),
                    Finding.ok(MOUNTS, MOUNTS, "a container's root was mounted and switched to"));
        }
        Optional<Forbidder> forbidder = forbidder(kernel);
        if (start instanceof Refused refused) {
            return speaksOfNamespaces(refused) ? withoutNamespaces(refused, forbidder) : withoutMounts(refused);
        }
        String reason = start instanceof NotTried untried ? untried.reason() : "";
        if (forbidder.isPresent()) {
            return withoutNamespaces(Refused.of(reason), forbidder);
        }
        return List.of(Finding.missing(
                NAMESPACES,
                NAMESPACES_SUBJECT,
                "no start could be tried: " + reason,
                "see the line of the data path; a start must be able to write there"));
    }

    /** Those that only an option asks for. Source: namespaces(7), "The /proc/sys/user directory". */
    static Finding others(Kernel kernel) {
        List<String> options = new ArrayList<>();
        List<String> sysctls = new ArrayList<>();
        for (String option : OPTIONAL) {
            String word = option.equals("cgroupns") ? "cgroup" : option;
            if (kernel.isSet("user.max_" + word + "_namespaces", "0")) {
                options.add("--" + option);
                sysctls.add("user.max_" + word + "_namespaces");
            }
        }
        if (options.isEmpty()) {
            return Finding.ok(OTHERS, OTHERS_SUBJECT, "no sysctl forbids --" + String.join(", --", OPTIONAL));
        }
        return Finding.limited(
                OTHERS,
                OTHERS_SUBJECT,
                String.join(", ", options) + " will be refused: 0 is " + String.join(", ", sysctls),
                "ask an administrator for: sysctl -w " + String.join("=65536 ", sysctls) + "=65536");
    }

    /** Ids that {@code --subids} alone asks for. */
    static Finding subordinateIds(Trial trial) {
        String key = CheckLine.SUBORDINATE_IDS.key();
        String subject = "subordinate ids";
        if (trial instanceof Refused refused) {
            return Finding.limited(
                    key,
                    subject,
                    "--subids will be refused: " + refused.words(),
                    refused.hint().orElse("ask an administrator for ranges in /etc/subuid and /etc/subgid"));
        }
        if (trial instanceof NotTried untried) {
            return Finding.limited(key, subject, "not tried: " + untried.reason(), "mend that, and check again");
        }
        return Finding.ok(key, subject, "mapped by newuidmap and newgidmap");
    }

    private static boolean speaksOfNamespaces(Refused refused) {
        String words = refused.words().toLowerCase(Locale.ROOT);
        return words.contains("namespace") || words.contains("map users") || words.contains("map your");
    }

    private static List<Finding> withoutNamespaces(Refused refused, Optional<Forbidder> forbidder) {
        Forbidder who = forbidder.orElse(
                new Forbidder(refused.words(), refused.hint().orElse("ask an administrator to allow user namespaces")));
        return List.of(
                Finding.missing(NAMESPACES, NAMESPACES_SUBJECT, who.found, who.mend),
                Finding.missing(MOUNTS, MOUNTS, "need a user namespace", "mend the line above first"));
    }

    private static List<Finding> withoutMounts(Refused refused) {
        return List.of(
                Finding.ok(NAMESPACES, NAMESPACES_SUBJECT, "one was made"),
                Finding.missing(
                        MOUNTS,
                        MOUNTS,
                        refused.words(),
                        refused.hint().orElse("ask an administrator what restricts mounts in user namespaces")));
    }

    /** In the order in which the kernel asks them; what comes first hides the rest. */
    private static Optional<Forbidder> forbidder(Kernel kernel) {
        if (!kernel.userNamespaces()) {
            return by("the kernel was built without them", "ask an administrator for a kernel with CONFIG_USER_NS=y");
        }
        if (kernel.isSet("user.max_user_namespaces", "0")) {
            return by(
                    "the sysctl user.max_user_namespaces is 0",
                    "ask an administrator for: sysctl -w user.max_user_namespaces=65536");
        }
        if (kernel.isSet("user.max_mnt_namespaces", "0")) {
            return by(
                    "the sysctl user.max_mnt_namespaces is 0",
                    "ask an administrator for: sysctl -w user.max_mnt_namespaces=65536");
        }
        if (kernel.uid() != 0 && kernel.isSet("kernel.unprivileged_userns_clone", "0")) {
            return by(
                    "the sysctl kernel.unprivileged_userns_clone is 0",
                    "ask an administrator for: sysctl -w kernel.unprivileged_userns_clone=1");
        }
        if (kernel.uid() != 0 && kernel.isSet("kernel.apparmor_restrict_unprivileged_userns", "1")) {
            return by(
                    "AppArmor allows them only to programs whose profile says \"userns,\"",
                    "ask an administrator for such a profile of bin/jrun, or for: sysctl -w"
                            + " kernel.apparmor_restrict_unprivileged_userns=0");
        }
        if (kernel.container().isPresent() && kernel.filtered()) {
            String engine = kernel.container().get();
            return by(
                    "jrun runs in a container of " + engine + ", whose seccomp filter refuses them",
                    "start the outer container with: --security-opt seccomp=unconfined --security-opt"
                            + " systempaths=unconfined");
        }
        if (kernel.selinuxEnforcing()) {
            return by(
                    "SELinux enforces a policy, and nothing else here forbids them",
                    "ask an administrator for what `ausearch -m avc -c jrun` shows");
        }
        return kernel.filtered()
                ? by(
                        "a seccomp filter holds this process",
                        "run jrun outside of the service or sandbox that set the filter")
                : Optional.empty();
    }

    private static Optional<Forbidder> by(String found, String mend) {
        return Optional.of(new Forbidder(found, mend));
    }
}
