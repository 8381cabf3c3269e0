package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code jrun mpi-check} reads from real libraries; the packages' own versions are the judge. */
@NeedsSlurm
@NeedsMpi
class MpiCheckTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);

    /** The upstream part of a package's version. */
    private static String version(String packageName) {
        String text = Command.of("dpkg-query", "-W", "-f", "${Version}", packageName)
                .run()
                .orFail()
                .text();
        return text.replaceAll("^[0-9]+:", "").replaceAll("-.*", "");
    }

    @ParameterizedTest
    @CsvSource({"openmpi, Open MPI, libopenmpi3, pmix", "mpich, MPICH, libmpich12, pmi2"})
    void flavourVersionAndLaunchLineAreThoseOfThePackages(
            String flavour, String label, String packageName, String plugin) {
        Path tree = MpiImages.tree(flavour);
        Path image = JRUN.file(flavour + ".sqsh");
        JRUN.run("import", "-q", "-o", image.toString(), "dir:" + tree).orFail();

        Command.Result ofImage = JRUN.run("mpi-check", image.toString());
        Command.Result ofTree = JRUN.run("mpi-check", tree.toString());

        String mpi = "MPI: " + label + " " + version(packageName) + ",";
        String launch = "srun --mpi=" + plugin + " jrun start " + image + " PROGRAM";
        assertAll(
                () -> assertEquals(0, ofImage.status(), ofImage.toString()),
                () -> assertTrue(ofImage.text().contains(mpi), ofImage.text()),
                () -> assertTrue(ofImage.text().contains(launch), ofImage.text()),
                () -> assertTrue(ofImage.text().contains("UCX: " + version("libucx0")), ofImage.text()),
                () -> assertEquals(
                        ofImage.text().replace(image.toString(), "X"),
                        ofTree.text().replace(tree.toString(), "X")));
    }

    @Test
    void bothSidesOfPmixAreCompared() {
        Command.Result result = JRUN.run("mpi-check", MpiImages.tree("openmpi").toString());

        String version = version("libpmix2");
        assertTrue(result.text().contains("PMIx: image " + version), result.text());
        assertTrue(result.text().contains("; host " + version), result.text());
    }

    private static Path copyOf(Path tree, String name) {
        Path copy = Workbench.newFolder(name, Account.ROOT).resolve("tree");
        Command.of("cp", "-a", tree.toString(), copy.toString()).run().orFail();
        return copy;
    }

    /** The library itself, with the number of an old release in the places of its own. */
    static Path withPmix124() throws IOException {
        Path tree = copyOf(MpiImages.tree("openmpi"), "old-pmix");
        List<String> libraries = Command.of("find", tree.toString(), "-type", "f", "-name", "libpmix.so*")
                .run()
                .orFail()
                .text()
                .lines()
                .toList();
        String own = version("libpmix2");
        for (String library : libraries) {
            Path file = Path.of(library);
            String content = Files.readString(file, StandardCharsets.ISO_8859_1);
            Files.writeString(file, content.replace(own.substring(0, 5), "1.2.4"), StandardCharsets.ISO_8859_1);
        }
        return tree;
    }

    @Test
    void aPmixThatSpeaksWithNoOtherIsMissingWithAMend() throws IOException {
        Command.Result result = JRUN.run("mpi-check", withPmix124().toString());

        assertAll(
                () -> assertEquals(1, result.status(), result.toString()),
                () -> assertTrue(
                        result.text().contains("missing  PMIx: versions do not fit, that of the image"), result.text()),
                () -> assertTrue(
                        result.text().contains("mend: update PMIx in the image to 3 or later"), result.text()));
    }

    @Test
    void libfabricIsToldWithThePackagesVersion() throws IOException {
        Path tree = copyOf(MpiImages.tree("openmpi"), "fabric");
        Files.copy(
                Path.of("/usr/lib/x86_64-linux-gnu/libfabric.so.1").toRealPath(),
                tree.resolve("usr/lib/x86_64-linux-gnu/libfabric.so.1"),
                StandardCopyOption.REPLACE_EXISTING);

        Command.Result result = JRUN.run("mpi-check", tree.toString());

        assertTrue(result.text().contains("libfabric: " + version("libfabric1")), result.toString());
    }

    /** In a mount namespace where the directory of Slurm's plugins is empty. */
    @Test
    void withoutSlurmTheLaunchLineIsThatOfOneContainer() {
        Command.Result result = Command.of(
                        "unshare",
                        "--mount",
                        "sh",
                        "-ec",
                        "for d in /usr/lib/x86_64-linux-gnu/slurm*; do ! [ -d $d ] || mount -t tmpfs none $d; done; exec \"$@\"",
                        "sh",
                        Workbench.launcher().toString(),
                        "mpi-check",
                        MpiImages.tree("openmpi").toString())
                .run();

        assertAll(
                () -> assertEquals(1, result.status(), result.toString()),
                () -> assertTrue(
                        result.text().contains("missing  Slurm: there is no Slurm on this host"), result.text()),
                () -> assertTrue(result.text().contains(" mpirun -np N PROGRAM"), result.text()));
    }

    @Test
    void anImageWithoutMpiIsStatusOneWithAMend() throws IOException {
        Path empty = Workbench.newFolder("no-mpi", Account.USER);
        Files.createDirectories(empty.resolve("usr/lib"));

        Command.Result result = JRUN.run("mpi-check", empty.toString());

        assertAll(
                () -> assertEquals(1, result.status(), result.toString()),
                () -> assertTrue(result.text().startsWith("missing  MPI: "), result.text()),
                () -> assertTrue(result.text().contains("mend: "), result.text()));
    }

    @Test
    void aDamagedLibraryIsNamed() throws IOException {
        Path tree = Workbench.newFolder("damaged", Account.USER);
        Path libraries = Files.createDirectories(tree.resolve("usr/lib"));
        Path whole = Path.of("/usr/lib/x86_64-linux-gnu/libmpi.so.40");
        Path damaged = Files.copy(whole, libraries.resolve("libmpi.so.40"));
        try (FileChannel channel = FileChannel.open(damaged, StandardOpenOption.WRITE)) {
            channel.truncate(4096);
        }

        Command.Result cut = JRUN.run("mpi-check", tree.toString());
        Files.writeString(damaged, "no library");
        Command.Result text = JRUN.run("mpi-check", tree.toString());

        for (Command.Result result : List.of(cut, text)) {
            assertAll(
                    () -> assertEquals(5, result.status(), result.toString()),
                    () -> assertTrue(result.talk().contains("/usr/lib/libmpi.so.40"), result.talk()));
        }
    }
}
