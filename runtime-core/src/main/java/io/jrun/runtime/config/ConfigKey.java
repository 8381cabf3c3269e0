package io.jrun.runtime.config;

import java.util.Locale;
import java.util.Optional;

/** Everything that can be configured. Each key is also the variable JRUN_ and its name in capitals, "-" as "_". */
public enum ConfigKey {
    RW("rw", Kind.SWITCH, "no", "the container's root file system can be written, for good"),
    OVERLAY("overlay", Kind.TEXT, "no", "writes go above the root file system: yes, a size, a directory, or no"),
    ROOT("root", Kind.SWITCH, "no", "appear as root inside"),
    MOUNT_HOME("mount-home", Kind.SWITCH, "no", "show the caller's home directory inside"),
    NO_MOUNT("no-mount", Kind.WORDS, "", "mounts to leave out, by name or place"),
    ENVIRONMENT("environment", Kind.TEXT, "policy", "which of the caller's variables pass: policy, clean or host"),
    PASS("pass", Kind.WORDS, "", "patterns of further variables of the caller's that pass"),
    BLOCK("block", Kind.WORDS, "", "patterns of variables that never reach a container, but by -e"),
    SHARED_IMAGES("shared-images", Kind.TEXT, "", "directory where starts of references import, once for all nodes"),
    UNSHARE("unshare", Kind.WORDS, "", "namespaces that every container has of its own: pid, ipc, uts, net, cgroup"),
    JOIN("join", Kind.SWITCH, "no", "the processes of a Slurm step on a node share one container, as with --join"),
    HOOKS("hooks", Kind.SWITCH, "yes", "run the programs in hooks.d"),
    SECCOMP("seccomp", Kind.TEXT, "unconfined", "file of the filter for system calls, or unconfined"),
    GPU("gpu", Kind.TEXT, "auto", "GPUs as --gpu, where there are any; auto as image and job say"),
    DEVICE("device", Kind.WORDS, "", "devices as --device that every container gets"),
    DRIVER_ROOT("driver-root", Kind.TEXT, "/", "where devices and drivers of GPUs lie"),
    DRIVER_CAPABILITIES(
            "driver-capabilities", Kind.TEXT, "", "parts of NVIDIA's driver, where neither caller nor image say"),
    CDI_DIRECTORIES("cdi-directories", Kind.WORDS, "", "directories of CDI specs beside /etc/cdi and /run/cdi"),
    LOCAL_IMAGES(
            "local-images",
            Kind.TEXT,
            "",
            "directory of each node for copies of image files, which starts prefer; /tmp/jrun-UID/images by default"),
    CGROUP("cgroup", Kind.TEXT, "auto", "where the container's cgroup is made: auto, require, none or a path"),
    MEMORY("memory", Kind.TEXT, "", "memory of the container at most"),
    MEMORY_HIGH("memory-high", Kind.TEXT, "", "memory of the container beyond which it is slowed down"),
    SWAP("swap", Kind.TEXT, "", "swap of the container at most"),
    CPUS("cpus", Kind.TEXT, "", "processors of the container at most, as a number"),
    CPUSET_CPUS("cpuset-cpus", Kind.TEXT, "", "processors that the container may use"),
    CPUSET_MEMS("cpuset-mems", Kind.TEXT, "", "memory nodes that the container may use"),
    PIDS("pids", Kind.TEXT, "", "processes and threads of the container at most"),
    IO("io", Kind.WORDS, "", "limits of block devices");

    /** How the value is read. */
    public enum Kind {
        /** yes or no. */
        SWITCH,
        TEXT,
        /** Between white space; those of later places are added, and an empty value forgets those of earlier ones. */
        WORDS
    }

    private final String word;
    private final Kind kind;
    private final String defaultValue;
    private final String meaning;

    ConfigKey(String word, Kind kind, String defaultValue, String meaning) {
        this.word = word;
        this.kind = kind;
        this.defaultValue = defaultValue;
        this.meaning = meaning;
    }

    /** As it stands in a file. */
    public String word() {
        return word;
    }

    public Kind kind() {
        return kind;
    }

    public String defaultValue() {
        return defaultValue;
    }

    public String meaning() {
        return meaning;
    }

    public String variable() {
        return "JRUN_" + word.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    static Optional<ConfigKey> named(String word) {
        for (ConfigKey key : values()) {
            if (key.word.equals(word)) {
                return Optional.of(key);
            }
        }
        return Optional.empty();
    }
}
