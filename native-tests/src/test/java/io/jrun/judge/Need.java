package io.jrun.judge;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What a test can need of the machine. */
enum Need {
    ROOT("root", "run the tests as root") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.isRoot() ? Optional.empty() : Optional.of("this user is not root");
        }
    },
    USERNS("userns", "allow unprivileged user namespaces (sysctl user.max_user_namespaces)") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.userNamespacesWork()
                    ? Optional.empty()
                    : Optional.of("an unprivileged user may not create a user namespace here");
        }
    },
    REGISTRY("registry", "apt-get install docker-registry skopeo jq zstd busybox-static") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.missingTool("docker-registry", "skopeo", "jq", "zstd", "busybox", "apt-get", "dpkg-deb");
        }
    },
    UMOCI("umoci", "apt-get install umoci") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.missingTool("umoci");
        }
    },
    PODMAN("podman", "run as root: apt-get install --no-install-recommends podman skopeo") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.isRoot() ? Host.missingTool("podman", "skopeo") : Optional.of("this user is not root");
        }
    },
    UIDMAP("uidmap", "apt-get install uidmap") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.missingTool("newuidmap", "newgidmap");
        }
    },
    SQUASHFS_TOOLS("squashfs-tools", "apt-get install squashfs-tools") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.missingTool("unsquashfs", "mksquashfs");
        }
    },
    STRACE("strace", "apt-get install strace") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.missingTool("strace");
        }
    },
    SQUID("squid", "as root, apt-get install squid openssl") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.isRoot() ? Host.missingTool("squid", "openssl") : Optional.of("this user is not root");
        }
    },
    SIFTOOL("siftool", "apt-get install siftool") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.missingTool("siftool");
        }
    },
    MANDOC("mandoc", "apt-get install mandoc") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.missingTool("mandoc");
        }
    },
    CLANG("clang", "apt-get install clang libclang-rt-dev") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.missingTool("clang");
        }
    },
    SLURM("slurm", "as root, apt-get install slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.isRoot()
                    ? Host.missingTool("slurmctld", "slurmd", "srun", "munged")
                    : Optional.of("this user is not root");
        }
    },
    CHARLIECLOUD("charliecloud", "apt-get install charliecloud-runtime charliecloud-builders") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.missingTool("ch-run", "ch-convert", "ch-image");
        }
    },
    MPI("mpi", "apt-get install openmpi-bin libopenmpi-dev libmpich-dev gcc libc6-dev busybox-static") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.missingTool("mpicc.openmpi", "mpicc.mpich", "orterun", "gcc", "busybox");
        }
    },
    SPANK("spank", "as root, apt-get install libslurm-dev, and build again") {
        @Override
        Optional<String> whatIsMissing() {
            return Files.exists(Workbench.slurmPlugin())
                    ? Optional.empty()
                    : Optional.of("the plugin for Slurm was not built");
        }
    },
    DOCKER("docker", "run as root: apt-get install docker.io") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.isRoot() ? Host.missingTool("dockerd", "docker") : Optional.of("this user is not root");
        }
    },
    FUSE("fuse", "apt-get install squashfuse fuse-overlayfs") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.missingTool("squashfuse", "mksquashfs", "fuse-overlayfs");
        }

        @Override
        Optional<String> whatTheHostForbids() {
            return Host.fuseOpens()
                    ? Optional.empty()
                    : Optional.of("an unprivileged user may not open /dev/fuse here, and root may not change that");
        }
    },
    VM(
            "vm",
            "as root on Debian, apt-get install qemu-system-x86 busybox-static systemd dbus-user-session libpam-systemd") {
        @Override
        Optional<String> whatIsMissing() {
            boolean debian = Files.isExecutable(Path.of("/usr/lib/qemu/virtiofsd"))
                    && Files.isExecutable(Path.of("/lib/systemd/systemd"));
            return !Host.isRoot()
                    ? Optional.of("this user is not root")
                    : debian
                            ? Host.missingTool("qemu-system-x86_64", "busybox", "dpkg-deb", "mksquashfs", "squashfuse")
                            : Optional.of("virtiofsd or systemd is not installed");
        }
    },
    LOOP("loop", "run as root on a kernel with loop devices and squashfs") {
        @Override
        Optional<String> whatIsMissing() {
            return Host.isRoot() && Host.loopMountsWork()
                    ? Optional.empty()
                    : Optional.of("image files cannot be mounted here");
        }
    };

    private final String name;
    private final String enabledBy;

    Need(String name, String enabledBy) {
        this.name = name;
        this.enabledBy = enabledBy;
    }

    /** The name in {@code -Djrun.require=} and, behind {@code needs-}, of the JUnit tag. */
    String spelling() {
        return name;
    }

    String enabledBy() {
        return enabledBy;
    }

    abstract Optional<String> whatIsMissing();

    /** What nobody on this machine can mend, as in a container without the device: then a test is skipped even if required. */
    Optional<String> whatTheHostForbids() {
        return Optional.empty();
    }
}
