package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What hooks write to {@code $JRUN_MOUNTS} and {@code $JRUN_ENVIRON}, for every kind of start. */
@NeedsUserns
class HookMountsTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(
            TestImages.busybox(),
            new LayerTar()
                    .directory("opt/", 0755)
                    .symlink("opt/up", "../../../../../../../../srv")
                    .symlink("opt/absolute", "/srv")
                    .symlink("opt/around", "/proc/self/root/srv"));

    private Path data;
    private Path config;

    @BeforeAll
    static void create() {
        JRUN.create(REGISTRY.reference(), "box");
        JRUN.run("bundle", "-q", "-o", "box.run", "box.sqsh").orFail();
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    @BeforeEach
    void makeDirectories() throws IOException {
        config = Workbench.newFolder("config", Account.USER);
        data = Workbench.newFolder("data", Account.USER);
        Files.writeString(data.resolve("file"), "of the host\n");
    }

    private void hook(String script) throws IOException {
        Path file = config.resolve("hooks.d/10-site");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        Command.of("chmod", "755", file.toString()).run().orFail();
    }

    private void lines(String... lines) throws IOException {
        hook("cat >>\"$JRUN_MOUNTS\" <<'END'\n" + String.join("\n", lines) + "\nEND");
    }

    private Command start(String options, String script) {
        List<String> words = new ArrayList<>(List.of("start"));
        words.addAll(List.of(options.split(" ", -1)));
        words.addAll(List.of("sh", "-c", script));
        return JRUN.command(words.toArray(new String[0])).with("JRUN_CONFIG_PATH", config.toString());
    }

    private String inside(String options, String script) {
        return start(options, script).run().orFail().text();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "box",
                "--root box",
                "--pid box",
                "--pid --ipc --net --root box",
                "--join-key=hooks box",
                "-v /usr:/data/usr box",
                "--overlay box"
            })
    void linesAndVariablesReachEachKindOfStart(String options) throws IOException {
        hook("echo \"" + data + " /srv none ro\" >>$JRUN_MOUNTS\n"
                + "echo FROM=hook >>\"$JRUN_ENVIRON\"; test -e /proc/$JRUN_PID/root");

        for (int i = 0; i < 2; i++) { // compiled, and from the cache
            assertEquals(
                    "hook of the host kept",
                    inside(options, "echo $FROM $(cat /srv/file) $(touch /srv/x 2>/dev/null || echo kept)"));
        }
        assertFalse(Files.exists(data.resolve("x")));
    }

    @ParameterizedTest
    @CsvSource({"'', box.sqsh", "--root, box.sqsh", "--overlay, box.sqsh", "'', box.run", "--pid, box.run"})
    @NeedsFuse
    void linesAndVariablesReachImageFilesAndBundles(String options, String file) throws IOException {
        hook("echo \"" + data + " /srv\" >>$JRUN_MOUNTS; echo FROM=hook >>\"$JRUN_ENVIRON\"");

        assertEquals(
                "hook of the host", inside((options + " " + JRUN.file(file)).strip(), "echo $FROM $(cat /srv/file)"));
    }

    /** One runs them for all, and each sees what they mounted. */
    @Test
    @NeedsFuse
    void processesThatShareABundleShareItsMounts() throws IOException {
        Path ran = data.resolve("ran");
        hook("echo \"" + data + " /srv\" >>$JRUN_MOUNTS; echo ran >>" + ran);
        String twice = "\"$@\" & first=$!; \"$@\" & wait $first && wait $!";

        List<String> found = start(
                        "--join " + JRUN.file("box.run"), "readlink /proc/self/ns/mnt; cat /srv/file; sleep 1")
                .behind("sh", "-c", twice, "sh")
                .run()
                .orFail()
                .text()
                .lines()
                .sorted()
                .toList();

        assertEquals(2, found.stream().distinct().count(), found::toString);
        assertEquals(List.of("of the host", "of the host"), found.subList(2, 4));
        assertEquals(List.of("ran"), Files.readAllLines(ran));
    }

    /** Harm: what a hook mounts lands on the host's files, or shows where the image wants it. */
    @ParameterizedTest
    @ValueSource(strings = {"/opt/up", "/opt/absolute", "/opt/up/", "/opt/./up"})
    void linksOfTheImageLeadToItsOwnFiles(String target) throws IOException {
        lines(data + " " + target);

        assertEquals("of the host", inside("box", "cat /srv/file"));
    }

    @Test
    void linksThatLeadThroughProcAreRefused() throws IOException {
        lines(data + " /opt/around");

        Failures.assertFailed(125, start("box", "true").run(), "the hooks' line", "/opt/around", "ELOOP");
    }

    @Test
    void missingPlacesAreMadeInsideAndWhereTheRootCanBeWrittenAlone() throws IOException {
        lines(data + " /opt/up/site none x-create=dir", data + "/file /new/place/file");

        Failures.assertFailed(
                125, start("box", "true").run(), "the container has no such mount point (ENOENT)", "--overlay");
        assertEquals("of the host\nof the host", inside("--overlay box", "cat /srv/site/file /new/place/file"));
        assertFalse(Files.exists(JRUN.rootfs("box").resolve("new")));
    }

    @Test
    void formsOfFstabHold() throws IOException {
        Path spaced = Files.createDirectory(data.resolve("two words"));
        Files.writeString(spaced.resolve("file"), "spaced\n");
        Path deep = Files.createDirectory(data.resolve("deep"));
        lines(
                "",
                "# a note with more words than a line has fields",
                data + "/two\\040words /srv none bind,ro,nosuid,noatime,x-systemd.automount,nofail 0 0",
                "\ttmpfs  /tmp tmpfs  size=64k,mode=700,noexec",
                "/no/such/place /opt none nofail",
                "/etc /no/such/target none silent",
                deep + " /opt none rslave,nodev");

        String found = inside(
                "box",
                "cat /srv/file; grep -E ' /(srv|tmp|opt) ' /proc/self/mountinfo; stat -c %a /tmp; ls -A /opt | wc -l");

        assertAll(
                () -> assertTrue(found.startsWith("spaced\n"), found),
                () -> assertTrue(found.contains(" /srv ro,nosuid,"), found),
                () -> assertTrue(
                        found.matches("(?s).* /tmp rw,nosuid,nodev,noexec,[^\\n]* - tmpfs [^\\n]*size=64k.*"), found),
                () -> assertTrue(found.matches("(?s).* /opt rw,[^\\n]*nodev.*"), found),
                () -> assertTrue(found.endsWith("700\n0"), found));
    }

    /** Each word in a line of a hook and in an option, as the kernel shows the two mounts. */
    @Test
    void optionsOfLinesMeanWhatThoseOfTheCommandLineMean() throws IOException {
        List<String> words = List.of(
                "ro",
                "readonly",
                "ro,rw",
                "nosuid",
                "nosuid,suid",
                "nodev",
                "noexec",
                "noexec,exec",
                "nosymfollow",
                "nosymfollow,symfollow",
                "bind",
                "rbind",
                "ro,nosuid,nodev,noexec,nosymfollow,bind",
                "private",
                "rslave",
                "shared",
                "runbindable",
                "noatime,strictatime,dirsync,_netdev,nousers,x-systemd.automount,comment=site");
        List<String> lines = new ArrayList<>();
        List<String> options = new ArrayList<>(List.of("start", "--overlay"));
        for (int i = 0; i < words.size(); i++) {
            lines.add(data + " /line/" + i + " none " + words.get(i));
            options.addAll(List.of("-v", data + ":/option/" + i + ":" + words.get(i)));
        }
        lines(lines.toArray(new String[0]));
        options.addAll(List.of("box", "cat", "/proc/self/mountinfo"));

        String found = JRUN.command(options.toArray(new String[0]))
                .with("JRUN_CONFIG_PATH", config.toString())
                .run()
                .orFail()
                .text();

        for (int i = 0; i < words.size(); i++) {
            String option = shown(found, "/option/" + i);
            assertFalse(option.isEmpty(), words.get(i));
            assertEquals(option, shown(found, "/line/" + i), words.get(i));
        }
        assertTrue(shown(found, "/line/8").contains("nosymfollow"), found);
    }

    /** Options and whether it is shared: proc(5), fields 6 and 7 of mountinfo. */
    private static String shown(String mounts, String place) {
        return mounts.lines()
                .map(line -> line.split(" ", -1))
                .filter(fields -> fields[4].equals(place))
                .map(fields -> fields[5] + " " + fields[6].replaceAll("[0-9]+", "N"))
                .findFirst()
                .orElse("");
    }

    @Test
    void linesThatSayNothingAreNamed() throws IOException {
        List<List<String>> refused = List.of(
                List.of("/a /b c d e f g", "too many fields"),
                List.of("/a /srv ext4", "none, bind or tmpfs"),
                List.of("/a /srv none no-such", "an option"),
                List.of("data /srv", "source is not absolute"),
                List.of("/etc srv", "target is not absolute"),
                List.of("/etc /srv/../opt", "\"..\""),
                List.of("/etc /./", "is the root"),
                List.of("/no/such /srv", "no such file or directory on the host (ENOENT)"),
                List.of("/etc/passwd /srv", "a file on a file (ENOTDIR)"),
                List.of("/etc /" + "x".repeat(5000), "ENAMETOOLONG"));
        for (List<String> line : refused) {
            lines("/etc /opt", line.get(0));
            Failures.assertFailed(
                    125,
                    start("box", "true").run(),
                    "cannot mount the hooks' line "
                            + line.get(0).substring(0, Math.min(40, line.get(0).length())),
                    line.get(1));
        }
    }

    @Test
    void tooManyLinesAreRefused() throws IOException {
        hook("head -c 200000 /dev/zero >>\"$JRUN_MOUNTS\"");

        Failures.assertFailed(125, start("box", "true").run(), "the mounts of hooks", "too many");
    }
}
