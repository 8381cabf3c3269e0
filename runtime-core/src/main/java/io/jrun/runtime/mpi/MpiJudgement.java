package io.jrun.runtime.mpi;

import io.jrun.runtime.check.Finding;
import io.jrun.runtime.check.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether the MPI of an image fits this host.
 *
 * @param launch a line that fits, with PROGRAM for the program; empty where there is no MPI
 */
public record MpiJudgement(List<Finding> findings, Optional<String> launch) {

    public MpiJudgement {
        findings = List.copyOf(findings);
    }

    /** The worst of all findings. */
    public Verdict verdict() {
        Verdict worst = Verdict.OK;
        for (Finding finding : findings) {
            worst = finding.verdict().compareTo(worst) > 0 ? finding.verdict() : worst;
        }
        return worst;
    }

    /**
     * A pure function.
     *
     * @param name of the image or container, for the launch line
     */
    public static MpiJudgement of(ImageMpi image, HostMpi host, String name) {
        List<Finding> findings = new ArrayList<>();
        if (image.mpi().isEmpty()) {
            findings.add(missing(
                    "mpi",
                    "MPI",
                    "the image holds no MPI library",
                    "install one in the image: Open MPI with PMIx, or MPICH; a program with its MPI linked in is not"
                            + " seen here"));
            return new MpiJudgement(findings, Optional.empty());
        }
        ImageMpi.Mpi mpi = image.mpi().get();
        findings.add(mpi(mpi));
        Launcher launcher = Launcher.of(image, host);
        findings.add(slurm(host));
        if (host.slurmPlugins().isPresent()) {
            findings.add(launcher.judge(host));
            if (launcher.usesPmix()) {
                findings.add(PmixVersions.judge(image.pmix(), host.pmix()));
            }
        }
        findings.add(memory(host.ptraceScope()));
        image.ucx().ifPresent(ucx -> findings.add(ok("ucx", "UCX", ucx.describe())));
        image.fabric().ifPresent(fabric -> findings.add(ok("libfabric", "libfabric", fabric.describe())));
        host.networks().forEach(network -> findings.add(network(network, image)));
        boolean fits = findings.stream().noneMatch(finding -> finding.verdict() == Verdict.MISSING);
        return new MpiJudgement(findings, Optional.of(fits ? launcher.line(name) : launcher.lineWithoutSlurm(name)));
    }

    private static Finding mpi(ImageMpi.Mpi mpi) {
        String found = mpi.flavour().label() + " " + mpi.library().describe();
        if (mpi.others().isEmpty()) {
            return ok("mpi", "MPI", found);
        }
        List<String> others = mpi.others().stream().map(MpiLibrary::path).toList();
        return new Finding(
                "mpi",
                "MPI",
                Verdict.LIMITED,
                found + "; also " + String.join(", ", others),
                Optional.of("what follows holds for the first; see with ldd inside which one your program uses"));
    }

    private static Finding slurm(HostMpi host) {
        if (host.slurmPlugins().isEmpty()) {
            return missing(
                    "slurm",
                    "Slurm",
                    "there is no Slurm on this host",
                    "run this on a node of the cluster; without Slurm mpirun starts ranks within one container");
        }
        return ok(
                "slurm",
                "Slurm",
                "srun --mpi= takes " + String.join(", ", host.slurmPlugins().get()));
    }

    /** Source: Linux, Documentation/admin-guide/LSM/Yama.rst. */
    private static Finding memory(Optional<String> scope) {
        String subject = "copying between ranks";
        String value = scope.orElse("0");
        if (value.equals("0") || value.equals("1")) {
            return ok("memory", subject, "allowed (kernel.yama.ptrace_scope is " + scope.orElse("not there") + ")");
        }
        return new Finding(
                "memory",
                subject,
                Verdict.LIMITED,
                "refused by kernel.yama.ptrace_scope=" + value,
                Optional.of("ask an administrator for: sysctl -w kernel.yama.ptrace_scope=1; until then MPI takes its"
                        + " slower way through shared memory"));
    }

    private static Finding network(String network, ImageMpi image) {
        boolean infiniband = network.equals("infiniband");
        if (image.transports().contains(infiniband ? "ib" : "cxi")) {
            return ok(network, network, "the image has what reaches it");
        }
        return new Finding(
                network,
                network,
                Verdict.LIMITED,
                "nothing in the image reaches it, MPI will use TCP",
                Optional.of(
                        infiniband
                                ? "build the image's MPI with UCX and rdma-core"
                                : "show the host's libfabric inside with -v, or build the image's with the cxi provider"));
    }

    static Finding ok(String key, String subject, String found) {
        return new Finding(key, subject, Verdict.OK, found, Optional.empty());
    }

    static Finding missing(String key, String subject, String found, String mend) {
        return new Finding(key, subject, Verdict.MISSING, found, Optional.of(mend));
    }
}
