package io.jrun.cli.start;

import java.util.List;
import java.util.Optional;

/** The options of {@code start}: the parser and the help page are both made from this table. */
public enum StartOption {
    IMAGE(
            "--image",
            "IMAGE",
            false,
            "Make the container NAME from this image first, a reference or an image file, where there is none."),
    PULL(
            "--pull",
            "WHEN",
            false,
            "Import a reference where it was not imported before (missing, the default), or also where it means another"
                    + " image by now (newer), which asks the registry at each start."),
    NEW("--new", "", false, "With --image: there must be no container NAME yet."),
    WRITABLE("--rw", "", false, "Write to the container's root file system instead of seeing it read-only."),
    OVERLAY(
            "--overlay",
            "[=SIZE|DIR]",
            false,
            "Write to a layer above the container's file system: in memory, which ends with the container, or in DIR,"
                    + " which is kept. SIZE is a number with k, m, g or t."),
    ROOT(
            "-r --root",
            "[=plain]",
            false,
            "Appear as root inside; changes of ownership are pretended, or with plain left to the kernel, which refuses"
                    + " most."),
    UID("--uid", "UID", false, "Appear as this user inside; on the host you stay yourself."),
    GID("--gid", "GID", false, "Appear as this group inside."),
    SUBORDINATE_IDS(
            "--subids",
            "",
            false,
            "Map your ranges of /etc/subuid and /etc/subgid too, so that several users exist inside; with --root."),
    ENVIRONMENT(
            "-e --env",
            "KEY[=VALUE]",
            true,
            "Set a variable; without a value it is copied from your environment at each start."),
    ENVIRONMENT_FILE("--env-file", "FILE", true, "Set the variables of a file of lines KEY=VALUE or KEY."),
    CLEAN_ENVIRONMENT("--clean-env", "", false, "Let none of your variables in but by -e and --env-file."),
    HOST_ENVIRONMENT(
            "--host-env",
            "[=GLOB]",
            true,
            "Let all your variables in that do not speak of files of the host, or those that match GLOB."),
    UNSET("--unset-env", "GLOB", true, "Forget the variables that match GLOB; -e sets them nevertheless."),
    MOUNT(
            "-v -m --volume --mount",
            "SRC[:DST[:OPTS]]",
            true,
            "Show a file or directory of the host inside, at the same path or at DST. OPTS is a comma-separated list"
                    + " of ro, rw, nosuid, nodev, noexec, rbind, bind, nofail and more. Also:"
                    + " type=bind|tmpfs|overlay|squashfs,src=SRC,dst=DST,OPTS, and a line of fstab(5)."),
    NO_MOUNT(
            "--no-mount",
            "NAME",
            true,
            "Leave out proc, sys, dev, tmp, home, resolv.conf, hosts, hostname, machine-id, localtime, passwd or group,"
                    + " or the configured mount at a path."),
    HOME("--home", "", false, "Show your home directory inside, and let HOME name it."),
    WORKING_DIRECTORY("-w --workdir", "DIR", false, "Working directory inside; the image's by default."),
    SCRIPT(
            "--rc",
            "FILE",
            false,
            "Run a script of the host with /bin/sh inside instead of the image's entry point; it gets COMMAND as"
                    + " arguments."),
    GPU(
            "--gpu",
            "[=GPUS]",
            false,
            "Give GPUs with their driver: all (the default value), none, auto, a number of GPUs, indices such as 0,2 or"
                    + " 0, with the comma for one, UUIDs, or MIG instances such as 0:1. Without it image and job"
                    + " decide."),
    DEVICE(
            "--device",
            "DEVICE",
            true,
            "Give a device: vendor/class=name of a CDI spec, or /dev/NAME[:/dev/INSIDE[:rwm]]."),
    DRIVER_ROOT("--driver-root", "DIR", false, "Look for devices and drivers of GPUs below DIR instead of /."),
    DRIVER_CAPABILITIES(
            "--driver-capabilities",
            "LIST",
            false,
            "Parts of NVIDIA's driver to give: compute, utility, video, graphics, display, ngx, compat32 or all."),
    NO_ENTRYPOINT("--no-entrypoint", "", false, "Run COMMAND itself, not behind the image's entry point."),
    PID("--pid", "", false, "See only the container's processes; an init of jrun's own takes orphans."),
    IPC("--ipc", "", false, "Have System V IPC objects and POSIX message queues of its own."),
    UTS("--uts", "[=NAME]", false, "Have a host name of its own."),
    NET("--net", "", false, "Have a network of its own, with nothing but a loopback interface."),
    CGROUP_NAMESPACE("--cgroupns", "", false, "See its own control group as the root of all."),
    JOIN(
            "-j --join",
            "",
            false,
            "Share namespaces and the image's mount with the other processes of this Slurm step on this node, or of the"
                    + " same parent process."),
    JOIN_COUNT("--join-count --join-ct", "N", false, "As --join; N processes share."),
    JOIN_KEY("--join-key --join-tag", "KEY", false, "As --join, with all that give the same KEY."),
    NO_JOIN(
            "--no-join",
            "",
            false,
            "Share nothing, also as a rank of MPI, of which those of a node share by themselves."),
    MEMORY(
            "--memory",
            "SIZE",
            false,
            "Memory that the container may use; what needs more is ended. With k, m, g or t."),
    MEMORY_HIGH("--memory-high", "SIZE", false, "Memory beyond which the container is slowed down."),
    SWAP("--swap", "SIZE", false, "Swap that the container may use; 0 for none."),
    CPUS("--cpus", "N", false, "Time of so many processors, such as 1.5."),
    CPUSET_CPUS("--cpuset-cpus", "LIST", false, "Run on these processors only, such as 0-3,8."),
    CPUSET_MEMS("--cpuset-mems", "LIST", false, "Take memory of these memory nodes only."),
    PIDS("--pids", "N", false, "Processes and threads that the container may have."),
    IO(
            "--io",
            "DEVICE:LIMITS",
            true,
            "Limit a block device: /dev/sda:rbps=100m,wbps=50m,riops=1000,wiops=500; bytes or operations a second."),
    CGROUP(
            "--cgroup",
            "PLACE",
            false,
            "Where the container's cgroup is made: auto (where it has limits), require (always), none, or the path of a"
                    + " cgroup of yours."),
    SECCOMP("--seccomp", "PROFILE", false, "Filter system calls by a profile in OCI JSON; unconfined for none."),
    SECURITY("--security", "", false, "Print what protects the host and you from this start, and start nothing."),
    EXPLAIN("--explain", "", false, "Print what would be done and why, and start nothing."),
    FORMAT("--format", "FORMAT", false, "How --explain prints: text (default) or json."),
    VERBOSE("--verbose", "", false, "Say on standard error what is started from what, and what that cost."),
    HELP("-h --help", "", false, "Show this help and exit.");

    private final String names;
    private final String parameter;
    private final boolean repeatable;
    private final String description;

    StartOption(String names, String parameter, boolean repeatable, String description) {
        this.names = names;
        this.parameter = parameter;
        this.repeatable = repeatable;
        this.description = description;
    }

    List<String> names() {
        return List.of(names.split(" ", -1));
    }

    /** How the value is called in the help; empty for a switch. */
    Optional<String> parameter() {
        return parameter.isEmpty() ? Optional.empty() : Optional.of(parameter);
    }

    /** Whether the value may be left out; it must then be attached: what follows is the container's name. */
    boolean optionalValue() {
        return parameter.startsWith("[");
    }

    boolean repeatable() {
        return repeatable;
    }

    String description() {
        return description;
    }

    static Optional<StartOption> named(String name) {
        for (StartOption option : values()) {
            if (option.names().contains(name)) {
                return Optional.of(option);
            }
        }
        return Optional.empty();
    }
}
