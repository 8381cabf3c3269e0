package io.jrun.runtime.mpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.runtime.mpi.RankFit.Protocol;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RankFitTest {

    private static ImageMpi image(MpiFlavour flavour, Optional<String> pmix) {
        MpiLibrary library = new MpiLibrary("/lib/libmpi.so", Optional.of("4.1"));
        return new ImageMpi(
                Optional.of(new ImageMpi.Mpi(flavour, library, List.of())),
                pmix.map(version -> new MpiLibrary("/lib/libpmix.so.2", Optional.of(version))),
                false,
                Optional.empty(),
                Optional.empty(),
                List.of());
    }

    @ParameterizedTest
    @CsvSource({
        "OPEN_MPI, 4.2.2, PMIX, ''",
        "OPEN_MPI, '', PMIX, ''", // it brings one along
        "OPEN_MPI, 4.2.2, PMI2, --mpi=pmix",
        "OPEN_MPI, 1.2.4, PMIX, speaks with no other series",
        "MPICH, '', PMI2, ''",
        "MPICH, '', PMIX, --mpi=pmi2",
        "MPICH, 5.0.1, PMIX, ''",
        "MVAPICH, '', PMIX, --mpi=pmi2",
        "CRAY_MPICH, '', PMIX, ''",
        "INTEL_MPI, '', PMIX, ''"
    })
    void whatDoesNotSpeakAsTheLauncherDoesIsTold(MpiFlavour flavour, String pmix, Protocol launched, String words) {
        Optional<String> version = pmix.isEmpty() ? Optional.empty() : Optional.of(pmix);

        Optional<String> trouble = RankFit.trouble(image(flavour, version), launched);

        assertEquals(words.isEmpty(), trouble.isEmpty(), trouble.toString());
        assertTrue(trouble.orElse("").contains(words), trouble.toString());
    }

    @Test
    void anImageWithoutMpiIsNoTrouble() {
        ImageMpi none =
                new ImageMpi(Optional.empty(), Optional.empty(), false, Optional.empty(), Optional.empty(), List.of());

        assertEquals(Optional.empty(), RankFit.trouble(none, Protocol.PMIX));
    }
}
