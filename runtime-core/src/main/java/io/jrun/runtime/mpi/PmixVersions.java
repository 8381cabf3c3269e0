package io.jrun.runtime.mpi;

import io.jrun.runtime.check.Finding;
import io.jrun.runtime.check.Verdict;
import java.util.Optional;

/**
 * Which releases of PMIx understand each other: all from 1.2.5, 2.0.3, 2.1.1 and 2.2.0 on, in their series and later.
 * Source: OpenPMIx, "How does PMIx work with containers?", table of cross-version support.
 */
final class PmixVersions {

    private static final String KEY = "pmix";
    private static final String SUBJECT = "PMIx";

    private PmixVersions() {}

    static Finding judge(Optional<MpiLibrary> image, Optional<MpiLibrary> host) {
        if (host.isEmpty()) {
            return new Finding(
                    KEY,
                    SUBJECT,
                    Verdict.LIMITED,
                    "this host's library was not found; the image has " + describe(image),
                    Optional.of("run this on a compute node, where slurmd serves the ranks"));
        }
        String found = "image " + describe(image) + "; host " + host.get().describe();
        boolean imageSpeaks = image.isEmpty() || speaks(image.get().numbers());
        if (!imageSpeaks || !speaks(host.get().numbers())) {
            String older = imageSpeaks ? "this host" : "the image";
            return MpiJudgement.missing(
                    KEY,
                    SUBJECT,
                    "versions do not fit, that of " + older + " speaks with no other series: " + found,
                    "update PMIx in " + older + " to 3 or later, or launch with mpirun within one container");
        }
        int[] inside = image.map(MpiLibrary::numbers).orElse(new int[0]);
        int[] outside = host.get().numbers();
        if (inside.length > 0 && outside.length > 0 && Math.abs(inside[0] - outside[0]) > 1) {
            return new Finding(
                    KEY,
                    SUBJECT,
                    Verdict.LIMITED,
                    "versions are far apart: " + found,
                    Optional.of("if MPI_Init fails, start with -e PMIX_MCA_gds=hash, or take the host's version into"
                            + " the image"));
        }
        return MpiJudgement.ok(KEY, SUBJECT, found);
    }

    private static String describe(Optional<MpiLibrary> library) {
        return library.map(MpiLibrary::describe).orElse("one that MPI brings along");
    }

    /** Whether a release speaks with other series; true where too little is known. */
    static boolean speaks(int[] numbers) {
        if (numbers.length < 3 || numbers[0] > 2) {
            return true;
        } else if (numbers[0] == 1) {
            return numbers[1] == 2 && numbers[2] >= 5;
        }
        return switch (numbers[1]) {
            case 0 -> numbers[2] >= 3;
            case 1 -> numbers[2] >= 1;
            default -> true;
        };
    }
}
