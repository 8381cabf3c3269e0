package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A home on a file system that another program serves to one user alone, as sshfs and many cluster file systems do: the
 * kernel takes it as no upper layer, and other ids, root's included, may not look into it.
 */
@NeedsUserns
@NeedsFuse
class FuseHomeTest {

    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static Path image;

    @BeforeAll
    static void makeImage() {
        Jrun jrun = Jrun.as(Account.USER);
        image = jrun.create(REGISTRY.reference(), "model");
        REGISTRY.close();
    }

    /** What a script prints whose working directory is such a home, with the image in it. */
    private static Command.Result inHome(String script) {
        Path base = Workbench.newFolder("served", Account.USER);
        String prepared = """
                cd "$1"
                mkdir lower upper work home
                cp "$2" lower/box.sqsh
                fuse-overlayfs -o lowerdir=lower,upperdir=upper,workdir=work home 2>log
                export HOME="$1/home"
                jrun=$3
                cd home
                """;
        String whole = prepared + script + "\ncd /\numount -l \"$1/home\"\n";
        return Command.of(List.of(
                        "unshare",
                        "--user",
                        "--map-root-user",
                        "--mount",
                        "sh",
                        "-ec",
                        whole,
                        "sh",
                        base.toString(),
                        image.toString(),
                        Workbench.launcher().toString()))
                .as(Account.USER)
                .run();
    }

    @Test
    void containersImagesAndLayersInMemoryWork() {
        String found = inHome("""
                        $jrun create -n box box.sqsh
                        $jrun start box cat /srv/greeting
                        $jrun start box cat /srv/greeting
                        $jrun start -v /srv:/new/place box.sqsh cat /srv/greeting
                        $jrun start --overlay box sh -c 'echo written >/srv/new; cat /srv/new'
                        $jrun remove -f box
                        $jrun list
                        """).orFail().text();

        assertEquals(
                "box\nhello\nhello\nhello\nwritten",
                found.lines().limit(5).reduce((a, b) -> a + "\n" + b).orElse(""));
        assertTrue(found.lines().skip(5).noneMatch(line -> line.startsWith("box")), found);
    }

    @Test
    void layerThatIsToBeKeptThereIsRefusedByTheNameOfTheFileSystem() {
        Command.Result result = inHome("""
                $jrun create -n box box.sqsh
                status=0
                $jrun start --overlay=layer box true || status=$?
                echo "status $status"
                """);

        assertTrue(result.orFail().text().endsWith("status 125"), result::toString);
        assertTrue(result.talk().contains("it lies on fuse"), result::toString);
        assertTrue(Files.isRegularFile(image));
    }
}
