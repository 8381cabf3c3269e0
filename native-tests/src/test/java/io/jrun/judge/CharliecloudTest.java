package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Charliecloud starts image files of jrun, and jrun takes those that Charliecloud makes; nobody has any privilege. */
@NeedsCharliecloud
@NeedsUserns
@NeedsFuse
@NeedsSquashfsTools
class CharliecloudTest {

    private static final String SEEN = "cat /srv/greeting; id -u; ls -d /bin /etc /srv";
    private static final String EXPECTED = "hello\n" + Account.numberOfUser() + "\n/bin\n/etc\n/srv";

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox()
            .directory("dev/", 0755)
            .directory("proc/", 0755)
            .directory("sys/", 0755)
            .directory("mnt/", 0755)
            .directory("home/", 0755)
            .directory("root/", 0700)
            .directory("usr/", 0755)
            .directory("usr/bin/", 0755)
            .directory("usr/share/", 0755)
            .directory("var/", 0755)
            .file("etc/hosts", "")
            .file("etc/resolv.conf", ""));
    private static final Path IMAGE = JRUN.file("box.sqsh");

    @BeforeAll
    static void importOnce() {
        JRUN.run("import", "-q", "-o", IMAGE.toString(), REGISTRY.reference()).orFail();
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    /** A command of Charliecloud, with its storage below the home and no cache of builds, which wants git. */
    private static Command.Result charliecloud(String... words) {
        return Command.of(words)
                .as(Account.USER)
                .in(JRUN.home())
                .with("HOME", JRUN.home().toString())
                .with("USER", "somebody")
                .with("CH_IMAGE_STORAGE", JRUN.file("charliecloud").toString())
                .with("CH_IMAGE_CACHE", "disabled")
                .run()
                .orFail();
    }

    private static String seenByChRun(Path image) {
        Path mountPoint = Workbench.newFolder("mount", Account.USER);
        String[] mounted =
                image.toString().endsWith(".sqsh") ? new String[] {"-m", mountPoint.toString()} : new String[0];
        return charliecloud(Stream.of(
                                List.of("ch-run", "--no-passwd", "--no-home"),
                                List.of(mounted),
                                List.of(image.toString(), "--", "/bin/sh", "-c", SEEN))
                        .flatMap(List::stream)
                        .toArray(String[]::new))
                .text();
    }

    @Test
    void chRunStartsTheImageFileThatItMountsItself() {
        assertEquals(EXPECTED, seenByChRun(IMAGE));
    }

    @Test
    void chRunStartsTheDirectoryThatItsConverterMakes() {
        Path directory = JRUN.file("converted");
        charliecloud("ch-convert", "-i", "squash", "-o", "dir", IMAGE.toString(), directory.toString());

        assertEquals(EXPECTED, seenByChRun(directory));
    }

    @Test
    void chRunStartsTheDirectoryThatWeWrite() {
        Path directory = JRUN.file("written");
        JRUN.run("import", "-q", "--format", "dir", "-o", directory.toString(), IMAGE.toString())
                .orFail();

        assertEquals(EXPECTED, seenByChRun(directory));
    }

    @Test
    void whatItsConverterMakesIsInspectedImportedCreatedAndStarted() {
        Path tar = JRUN.file("box.tar");
        JRUN.run("import", "-q", "--format", "tar", "-o", tar.toString(), IMAGE.toString())
                .orFail();
        Path tree = Workbench.newFolder("tree", Account.USER);
        Command.of(
                        "sh",
                        "-c",
                        "cd $0 && tar -xf $1 && rm -r .jrun && tar -cf $1.bare .",
                        tree.toString(),
                        tar.toString())
                .as(Account.USER)
                .run()
                .orFail();
        Path recipe = JRUN.file("Dockerfile");
        Command.of("sh", "-c", "printf 'FROM bare\\nENV GREETING=\"two words\"\\n' >$0", recipe.toString())
                .as(Account.USER)
                .run()
                .orFail();
        charliecloud("ch-image", "import", tar + ".bare", "bare");
        charliecloud(
                "ch-image",
                "build",
                "-t",
                "built",
                "-f",
                recipe.toString(),
                JRUN.home().toString());
        Path theirs = JRUN.file("theirs.sqsh");
        charliecloud("ch-convert", "-i", "ch-image", "-o", "squash", "built", theirs.toString());
        Path ours = JRUN.file("ours.sqsh");

        JRUN.run("import", "-q", "-o", ours.toString(), "squashfs:" + theirs).orFail();
        JRUN.run("create", "-n", "theirs", theirs.toString()).orFail();

        assertAll(
                () -> assertTrue(
                        JRUN.run("inspect", theirs.toString()).orFail().text().contains("GREETING=two words")),
                () -> assertTrue(
                        JRUN.run("inspect", ours.toString()).orFail().text().contains("GREETING=two words")),
                () -> assertEquals(
                        "two words",
                        JRUN.run("start", "theirs", "/bin/sh", "-c", "echo $GREETING")
                                .orFail()
                                .text()),
                () -> assertEquals(
                        "two words",
                        JRUN.run("start", ours.toString(), "/bin/sh", "-c", "echo $GREETING")
                                .orFail()
                                .text()),
                () -> assertEquals(EXPECTED, seenByChRun(ours)));
    }
}
