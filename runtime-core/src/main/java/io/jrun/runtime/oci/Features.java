package io.jrun.runtime.oci;

import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What this runtime has. Source: OCI runtime-spec 1.2, features.md and features-linux.md. */
final class Features {

    private Features() {}

    static JsonValue document() {
        return object(
                "ociVersionMin", JsonValue.of("1.0.0"),
                "ociVersionMax", JsonValue.of(ContainerState.SPEC_VERSION),
                "hooks", JsonValue.ofStrings(BundleHooks.KINDS),
                "mountOptions", JsonValue.ofStrings(MountOptionTable.names()),
                "linux", linux());
    }

    private static JsonValue linux() {
        JsonValue no = JsonValue.of(false);
        JsonValue yes = JsonValue.of(true);
        return object(
                "namespaces", JsonValue.ofStrings(List.of("cgroup", "ipc", "mount", "network", "pid", "user", "uts")),
                "capabilities", JsonValue.ofStrings(Capability.NAMES),
                "cgroup", object("v1", no, "v2", yes, "systemd", yes, "systemdUser", yes, "rdma", no),
                "seccomp", seccomp(),
                "apparmor", object("enabled", yes),
                "selinux", object("enabled", yes),
                "intelRdt", object("enabled", no),
                "mountExtensions", object("idmap", object("enabled", no)));
    }

    private static JsonValue seccomp() {
        return object(
                "enabled", JsonValue.of(true),
                "actions",
                        JsonValue.ofStrings(List.of(
                                "SCMP_ACT_ALLOW",
                                "SCMP_ACT_ERRNO",
                                "SCMP_ACT_KILL",
                                "SCMP_ACT_KILL_PROCESS",
                                "SCMP_ACT_KILL_THREAD",
                                "SCMP_ACT_LOG",
                                "SCMP_ACT_TRAP")),
                "operators",
                        JsonValue.ofStrings(List.of(
                                "SCMP_CMP_EQ",
                                "SCMP_CMP_GE",
                                "SCMP_CMP_GT",
                                "SCMP_CMP_LE",
                                "SCMP_CMP_LT",
                                "SCMP_CMP_MASKED_EQ",
                                "SCMP_CMP_NE")),
                "archs", JsonValue.ofStrings(List.of("SCMP_ARCH_AARCH64", "SCMP_ARCH_X86_64")),
                "knownFlags",
                        JsonValue.ofStrings(List.of(
                                "SECCOMP_FILTER_FLAG_LOG",
                                "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
                                "SECCOMP_FILTER_FLAG_TSYNC",
                                "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV")),
                "supportedFlags",
                        JsonValue.ofStrings(List.of(
                                "SECCOMP_FILTER_FLAG_LOG",
                                "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
                                "SECCOMP_FILTER_FLAG_TSYNC")));
    }

    private static JsonValue object(Object... namesAndValues) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            members.put((String) namesAndValues[i], (JsonValue) namesAndValues[i + 1]);
        }
        return new JsonObject(members);
    }
}
