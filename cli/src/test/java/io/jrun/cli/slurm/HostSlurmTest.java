package io.jrun.cli.slurm;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.cli.slurm.SlurmOperations.Present;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.error.UsageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The files for a site: for which installation, and what happens to those that are there. */
class HostSlurmTest {

    @TempDir
    Path folder;

    private Path site;
    private HostSlurm slurm;
    private Path plugin;
    private final List<String> notes = new ArrayList<>();

    @BeforeEach
    void install() throws IOException {
        Path home = folder.resolve("opt/jrun");
        Path completion = home.resolve("share/bash-completion/completions/jrun");
        Files.createDirectories(completion.resolveSibling("."));
        Files.writeString(completion, "complete -F _jrun jrun\n");
        plugin = home.resolve("lib/slurm/jrun.so");
        Files.createDirectories(plugin.resolveSibling("."));
        Files.writeString(plugin, "\177ELF built for Slurm 24.11\0", StandardCharsets.ISO_8859_1);
        slurm = new HostSlurm(home, () -> Optional.of("24.11"), notes::add);
        site = folder.resolve("site");
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(site)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void allFilesNameThisInstallation() throws IOException {
        List<Path> written = slurm.init(site, Present.REFUSE);

        assertEquals(
                new TreeSet<>(names()),
                written.stream()
                        .map(file -> file.getFileName().toString())
                        .collect(Collectors.toCollection(TreeSet::new)));
        assertEquals(
                List.of("apparmor", "completion.bash", "config", "epilog", "oci.conf", "plugstack.conf", "prolog"),
                names());
        String home = folder.resolve("opt/jrun").toString();
        assertAll(
                () -> assertTrue(read("plugstack.conf").contains("\nrequired " + home + "/lib/slurm/jrun.so\n")),
                () -> assertTrue(read("oci.conf").contains("\nRunTimeRun=\"exec " + home + "/bin/jrun oci ")),
                () -> assertTrue(read("apparmor").contains("profile jrun " + home + "/bin/jrun ")),
                () -> assertTrue(Files.isExecutable(site.resolve("prolog"))),
                () -> assertTrue(Files.isExecutable(site.resolve("epilog"))),
                () -> assertFalse(Files.isExecutable(site.resolve("oci.conf"))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|this installation has no plugin for Slurm",
                "something else|jrun.so is no plugin of this jrun",
                "built for Slurm 22.05|the plugin was built for Slurm 22.05, this is Slurm 24.11"
            })
    void aPluginThatSlurmWouldRefuseIsNotPutInForce(String content, String reason) throws IOException {
        Files.delete(plugin);
        if (!content.isEmpty()) {
            Files.writeString(plugin, content);
        }

        slurm.init(site, Present.REFUSE);

        String written = read("plugstack.conf");
        assertAll(
                () -> assertTrue(written.contains(reason), written),
                () -> assertTrue(written.lines().allMatch(line -> line.startsWith("#")), written),
                () -> assertTrue(written.contains("\n#required " + plugin + "\n"), written),
                () -> assertEquals(1, notes.size()),
                () -> assertTrue(notes.get(0).contains(reason), notes.toString()),
                () -> assertTrue(notes.get(0).contains("gcc "), notes.toString()));
    }

    @Test
    void withoutASlurmToCompareWithThePluginIsTakenAndThatIsSaid() throws IOException {
        Path home = folder.resolve("opt/jrun");

        new HostSlurm(home, Optional::empty, notes::add).init(site, Present.REFUSE);

        assertTrue(read("plugstack.conf").contains("\nrequired " + plugin + "\n"));
        assertEquals(1, notes.size());
        assertTrue(notes.get(0).contains("the plugin was built for Slurm 24.11"), notes.toString());
    }

    private String read(String name) throws IOException {
        return Files.readString(site.resolve(name));
    }

    @Test
    void noPlaceholderStays() throws IOException {
        for (Path file : slurm.init(site, Present.REFUSE)) {
            assertFalse(Files.readString(file).matches("(?s).*@[A-Z]+@.*"), file.toString());
        }
    }

    @Test
    void aSecondTimeNothingChanges() throws IOException {
        slurm.init(site, Present.REFUSE);
        String before = read("epilog");

        slurm.init(site, Present.REFUSE);

        assertEquals(before, read("epilog"));
        assertEquals(7, names().size());
    }

    @Test
    void aFileThatWasChangedIsKeptAndNoneIsWritten() throws IOException {
        slurm.init(site, Present.REFUSE);
        Files.writeString(site.resolve("epilog"), "mine");
        Files.delete(site.resolve("prolog"));

        UsageException refused = assertThrows(UsageException.class, () -> slurm.init(site, Present.REFUSE));

        assertTrue(refused.getMessage().contains("it exists and differs (EEXIST)"), refused.getMessage());
        assertEquals("mine", read("epilog"));
        assertFalse(Files.exists(site.resolve("prolog")));
    }

    @Test
    void forceReplacesIt() throws IOException {
        slurm.init(site, Present.REFUSE);
        Files.writeString(site.resolve("epilog"), "mine");

        slurm.init(site, Present.REPLACE);

        assertTrue(read("epilog").startsWith("#!/bin/sh\n"));
        assertEquals(7, names().size());
    }

    @Test
    void whereNothingCanBeWrittenNothingIsLeft() throws IOException {
        Files.createDirectories(site.resolve("oci.conf/in-the-way"));

        assertThrows(StorageException.class, () -> slurm.init(site, Present.REPLACE));

        assertTrue(names().stream().noneMatch(name -> name.endsWith(".new")), names().toString());
    }

    @Test
    void anIncompleteInstallationIsTold() throws IOException {
        Files.delete(folder.resolve("opt/jrun/share/bash-completion/completions/jrun"));

        assertThrows(NotFoundException.class, () -> slurm.init(site, Present.REFUSE));
        assertFalse(Files.exists(site));
    }
}
