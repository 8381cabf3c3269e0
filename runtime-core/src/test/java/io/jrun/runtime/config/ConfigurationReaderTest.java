package io.jrun.runtime.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.JrunException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.InMemoryFiles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Ann's configuration, in /home/ann/.config/jrun, above that of the system in /etc/jrun. */
class ConfigurationReaderTest {

    private static final String USER = "/home/ann/.config/jrun";

    private final InMemoryFiles files = new InMemoryFiles();
    private final Map<ByteString, ByteString> environment =
            new LinkedHashMap<>(Map.of(ByteString.of("HOME"), ByteString.of("/home/ann")));

    private Configuration read() throws JrunException {
        return ConfigurationReader.read(files, environment);
    }

    private void variable(String name, String value) {
        environment.put(ByteString.of(name), ByteString.of(value));
    }

    private static List<String> consultedFiles(Configuration configuration) {
        List<String> paths = new ArrayList<>();
        for (Consulted one : configuration.consulted()) {
            if (one instanceof Consulted.File file) {
                paths.add(file.path().toString());
            }
        }
        return paths;
    }

    @Test
    void laterPlacesOutweighEarlierOnes() throws Exception {
        files.file("/etc/jrun/config", "rw = yes\nroot=yes\nmount-home = true\noverlay = 1g\n")
                .file("/etc/jrun/config.d/20-b.conf", "root = no\n")
                .file(
                        "/etc/jrun/config.d/10-a.conf",
                        "root = maybe-not-read-last\n".replace("maybe-not-read-last", "yes"))
                .file(USER + "/config", "mount-home = off\n");
        variable("JRUN_OVERLAY", "/scratch/ann");

        Configuration configuration = read();

        assertEquals(
                Optional.of(new Setting(ConfigKey.RW, "yes", "/etc/jrun/config line 1")),
                configuration.value(ConfigKey.RW));
        assertEquals(
                Optional.of(new Setting(ConfigKey.ROOT, "no", "/etc/jrun/config.d/20-b.conf line 1")),
                configuration.value(ConfigKey.ROOT));
        assertEquals(
                Optional.of(new Setting(ConfigKey.MOUNT_HOME, "no", USER + "/config line 1")),
                configuration.value(ConfigKey.MOUNT_HOME));
        assertEquals(
                Optional.of(new Setting(ConfigKey.OVERLAY, "/scratch/ann", "JRUN_OVERLAY")),
                configuration.value(ConfigKey.OVERLAY));
    }

    @Test
    void wordsAddUpAndAnEmptyValueForgetsThem() throws Exception {
        files.file("/etc/jrun/config", "# words\npass = A_* B\n\npass = C\nblock = X\n")
                .file(USER + "/config", "block =\nblock = Y");

        Configuration configuration = read();

        assertEquals(
                List.of("A_*", "B", "C"),
                configuration.words(ConfigKey.PASS).stream().map(Setting::value).toList());
        assertEquals(
                List.of("Y"),
                configuration.words(ConfigKey.BLOCK).stream()
                        .map(Setting::value)
                        .toList());
    }

    @Test
    void whatNobodySetsHasItsDefault() throws Exception {
        for (Setting setting : read().effective()) {
            assertEquals(new Setting(setting.key(), setting.key().defaultValue(), "default"), setting);
        }
    }

    @Test
    void unknownKeysAreErrorsWithASuggestion() {
        files.file("/etc/jrun/config", "rw = yes\nmont-home = yes\n");

        UsageException e = assertThrows(UsageException.class, this::read);

        assertEquals(
                "cannot read /etc/jrun/config line 2: \"mont-home\" is no key",
                e.getMessage().split("\n", -1)[0]);
        assertTrue(
                e.failure().hint().orElse("").contains("did you mean mount-home?"),
                e.failure().toString());
    }

    @Test
    void whatIsNeitherYesNorNoIsRefused() {
        files.file("/etc/jrun/config", "rw = perhaps\n");
        assertThrows(UsageException.class, this::read);

        files.file("/etc/jrun/config", "rw\n");
        assertThrows(UsageException.class, this::read);
    }

    @Test
    void eachPlaceThatDecidesIsRemembered() throws Exception {
        files.directory("/etc/jrun").directory(USER + "/mounts.d").file(USER + "/mounts.d/a.fstab", "/a /b\n");

        Configuration configuration = read();

        assertEquals(
                List.of("/etc/jrun", USER, USER + "/mounts.d", USER + "/mounts.d/a.fstab"),
                consultedFiles(configuration));
        assertTrue(
                configuration.consulted().contains(new Consulted.Variable(ByteString.of("JRUN_RW"), Optional.empty())));
    }

    @Test
    void directoriesThatAreAbsentAreRememberedToo() throws Exception {
        assertEquals(List.of("/etc/jrun", USER), consultedFiles(read()));
    }

    @Test
    void variablesNameOtherPlaces() throws Exception {
        variable("JRUN_SYSCONF_PATH", "/site/jrun");
        variable("JRUN_CONFIG_PATH", "/ann/jrun");
        files.file("/etc/jrun/config", "rw = yes\n").file("/site/jrun/config", "root = yes\n");

        Configuration configuration = read();

        assertEquals(Optional.empty(), configuration.value(ConfigKey.RW));
        assertTrue(configuration.isOn(ConfigKey.ROOT));
        assertEquals(List.of("/site/jrun", "/site/jrun/config", "/ann/jrun"), consultedFiles(configuration));

        variable("JRUN_CONFIG_PATH", "ann");
        assertThrows(UsageException.class, this::read);
    }

    @Test
    void mountsAndVariablesAreExpandedFromTheCallersEnvironment() throws Exception {
        variable("SLURM_JOB_ID", "77");
        files.file("/etc/jrun/mounts.d/10.fstab", "# job\n/scratch/${SLURM_JOB_ID} /scratch none rw,x-create=dir\n")
                .file("/etc/jrun/environ.d/a.env", "TMP=/scratch/${NONE:-x}\nKEPT=\\${HOME}\nSSH_AUTH_SOCK\n")
                .file("/etc/jrun/environ.d/ignored.txt", "A=1\n");

        Configuration configuration = read();

        assertEquals(
                List.of(new FstabEntry(
                        ByteString.of("/scratch/77"),
                        ByteString.of("/scratch"),
                        "none",
                        ByteString.of("rw,x-create=dir"),
                        "/etc/jrun/mounts.d/10.fstab line 2")),
                configuration.mounts());
        assertEquals(
                List.of("TMP=/scratch/x", "KEPT=${HOME}", "SSH_AUTH_SOCK"),
                configuration.environment().stream()
                        .map(entry -> entry.name()
                                + entry.value().map(value -> "=" + value).orElse(""))
                        .toList());
        assertTrue(configuration
                .consulted()
                .contains(new Consulted.Variable(ByteString.of("SLURM_JOB_ID"), Optional.of(ByteString.of("77")))));
    }

    @Test
    void onlyProgramsAreHooks() throws Exception {
        files.file("/etc/jrun/hooks.d/README", "no program").of("/etc/jrun/hooks.d/dir", FileKind.DIRECTORY);
        files.program("/etc/jrun/hooks.d/20-b")
                .program("/etc/jrun/hooks.d/10-a")
                .program(USER + "/hooks.d/00-mine");

        assertEquals(
                List.of("/etc/jrun/hooks.d/10-a", "/etc/jrun/hooks.d/20-b", USER + "/hooks.d/00-mine"),
                read().hooks().stream().map(ByteString::toString).toList());
    }

    @Test
    void expansionsThatCannotBeMeantAreRefused() {
        for (String line : List.of("A=${", "A=${}", "A=${B C}", "A=${1}", "=x", "two words")) {
            files.file("/etc/jrun/environ.d/a.env", line + "\n");
            assertThrows(UsageException.class, this::read, line);
        }
    }
}
