package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be written, mounted, seen and done inside, option by option; the kernel's own files of proc(5) judge. */
@NeedsUserns
class StartOptionsTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(
            TestImages.busybox(),
            new LayerTar()
                    .file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nwww:x:33:33:www:/srv:/bin/sh\n")
                    .file("etc/group", "root:x:0:\nwww:x:33:\n")
                    .symlink("absolute", "/etc")
                    .symlink("upwards", "../../../../../../../../srv")
                    .symlink("magic", "/proc/self/root")
                    .symlink("circle", "circle"));

    @BeforeAll
    static void create() {
        JRUN.create(REGISTRY.reference(), "box");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    private static Command command(String... words) {
        List<String> line = new ArrayList<>(List.of("start"));
        line.addAll(List.of(words));
        return JRUN.command(line.toArray(new String[0]));
    }

    private static Command.Result start(String... words) {
        return command(words).run();
    }

    private static String sh(String script, String... options) {
        List<String> words = new ArrayList<>(List.of(options));
        words.addAll(List.of("box", "sh", "-c", script));
        return start(words.toArray(new String[0])).orFail().text();
    }

    /** A file of the user's, in a folder of its own. */
    private static Path file(String name, String content) {
        Path folder = Workbench.newFolder("given", Account.USER);
        Command.of("sh", "-c", "cat >\"$1\"", "sh", folder.resolve(name).toString())
                .as(Account.USER)
                .reading(content)
                .run()
                .orFail();
        return folder.resolve(name);
    }

    private static Path folder() {
        return file("data", "content\n").getParent();
    }

    /** The options of the mount on a place, as mountinfo shows them to a process inside. */
    private static List<String> mountOptions(String place, String... options) {
        String line = sh("grep ' " + place + " ' /proc/self/mountinfo", options);
        return List.of(line.split(" ", -1)[5].split(",", -1));
    }

    @Nested
    class Written {

        @Test
        void overlayInMemoryEndsWithTheContainer() {
            assertEquals("made", sh("echo made >/srv/memory; cat /srv/memory", "--overlay"));
            assertEquals("gone", sh("test -e /srv/memory || echo gone", "--overlay"));
            assertFalse(Files.exists(JRUN.rootfs("box").resolve("srv/memory")));
        }

        @Test
        void filesOfTheImageCanBeRemovedAndDirectoriesMadeAgain() {
            assertEquals("again", sh("rm -rf /srv && mkdir /srv && ls /srv && echo again", "--overlay"));
            assertTrue(Files.exists(JRUN.rootfs("box").resolve("srv/greeting")));
        }

        @Test
        void overlayInMemoryHasTheSizeAskedFor() {
            String blocks = sh("head -c 3000000 /dev/zero >/srv/big 2>/dev/null; wc -c </srv/big", "--overlay=1m");

            assertTrue(Long.parseLong(blocks) <= 1 << 20, blocks);
        }

        @Test
        void overlayInADirectoryIsKept() {
            Path directory = Workbench.newFolder("kept", Account.USER).resolve("layer");

            sh("echo one >/srv/kept; rm /srv/greeting", "--overlay=" + directory);
            String later = sh("cat /srv/kept; test -e /srv/greeting || echo removed", "--overlay=" + directory);

            assertAll(
                    () -> assertEquals("one\nremoved", later),
                    () -> assertFalse(Files.exists(JRUN.rootfs("box").resolve("srv/kept"))),
                    () -> assertTrue(Files.exists(directory.resolve("upper/srv/kept"))));
        }

        @Test
        void directoryOfAnOverlayServesOneContainerAtATime() throws IOException, InterruptedException {
            Path directory = Workbench.newFolder("locked", Account.USER);
            Path ready = folder();
            Command.Running first = command(
                            "--overlay=" + directory,
                            "-v",
                            ready + ":/ready",
                            "box",
                            "sh",
                            "-c",
                            "touch /ready/now; sleep 60")
                    .start();
            while (!Files.exists(ready.resolve("now")) && first.process().isAlive()) {
                Thread.sleep(10);
            }

            Command.Result second = start("--overlay=" + directory, "box", "true");
            first.signal("KILL");
            first.await(Duration.ofSeconds(60));

            Failures.assertFailed(125, second, "another container writes to it", directory.toString());
        }

        @Test
        void mountPointsThatTheImageLacksLieInNeitherLayer() {
            Path directory = Workbench.newFolder("points", Account.USER);
            Path data = folder();

            assertEquals("content", sh("cat /new/place/data", "--overlay=" + directory, "-v", data + ":/new/place"));

            assertFalse(Files.exists(JRUN.rootfs("box").resolve("new")));
        }

        @Test
        void overlayAndWritableContradictEachOther() {
            Failures.assertFailed(125, start("--rw", "--overlay", "box", "true"), "--overlay");
        }

        @Test
        void overlayOnAnOverlayIsRefusedWithTheReason() {
            Path inner = folder();
            Command nested = Command.of(
                            "unshare",
                            "-rm",
                            "sh",
                            "-c",
                            "mkdir up work over && mount -t overlay -o lowerdir=/srv,upperdir=up,workdir=work,userxattr none over"
                                    + " && exec \"$0\" start --overlay=$PWD/over/x box true",
                            Workbench.launcher().toString())
                    .as(Account.USER)
                    .in(inner)
                    .with("HOME", JRUN.home().toString());

            Failures.assertFailed(125, nested.run(), "overlay", "the upper layer of an overlay");
        }
    }

    /** Layers where the kernel does not take them, and those of {@code --mount}. */
    @Nested
    @NeedsSquashfsTools
    class Uppers {

        private Path image() throws IOException {
            Path file = Workbench.newFolder("image", Account.USER).resolve("image");
            Command.of("mksquashfs", folder().toString(), file.toString(), "-quiet", "-no-progress")
                    .as(Account.USER)
                    .run()
                    .orFail();
            return file;
        }

        @Test
        @NeedsFuse
        @NeedsRoot
        void aDirectoryOfAFuseMountIsRefusedByItsName() throws IOException {
            Path image = image();
            Path place = Workbench.newFolder("fuse", Account.USER);
            Command.of("squashfuse", "-o", "allow_other", image.toString(), place.toString())
                    .run()
                    .orFail();
            try {
                Failures.assertFailed(125, start("--overlay=" + place, "box", "true"), "fuse", place.toString());
                Failures.assertFailed(
                        125,
                        start("--mount", "type=overlay,src=/usr,upper=" + place + ",dst=/mnt", "box", "true"),
                        "fuse");
            } finally {
                Command.of("umount", place.toString()).run();
            }
        }

        @Test
        void aLayerOfAMountIsKeptAndServesOneAtATime() throws IOException, InterruptedException {
            Path lower = folder();
            Path upper = Workbench.newFolder("upper", Account.USER);
            Path ready = folder();
            String mount = "type=overlay,src=" + lower + ",upper=" + upper + ",dst=/mnt";

            sh("echo more >/mnt/more; rm /mnt/data", "--mount", mount);
            String later = sh("cat /mnt/more; test -e /mnt/data || echo removed", "--mount", mount);
            Command.Running holder = command(
                            "--mount",
                            mount,
                            "-v",
                            ready + ":/ready",
                            "box",
                            "sh",
                            "-c",
                            "touch /ready/now; exec sleep 60")
                    .start();
            while (!Files.exists(ready.resolve("now")) && holder.process().isAlive()) {
                Thread.sleep(10);
            }
            Command.Result second = start("--mount", mount, "box", "true");
            holder.signal("KILL");
            holder.await(Duration.ofSeconds(60));

            assertAll(
                    () -> assertEquals("more\nremoved", later),
                    () -> assertTrue(Files.exists(lower.resolve("data"))),
                    () -> Failures.assertFailed(125, second, "another container writes to it"));
        }

        @Test
        @NeedsRoot
        void aDirectoryOfSomebodyElseIsRefused() {
            Path foreign = Workbench.newFolder("foreign", Account.GAMES);

            Failures.assertFailed(125, start("--overlay=" + foreign, "box", "true"), foreign.toString());
        }
    }

    @Nested
    class Mounted {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "%s:/mnt/x",
                    "type=bind,src=%s,dst=/mnt/x",
                    "%s /mnt/x none rbind,x-create=dir",
                    "%s:/mnt/x:none:rw"
                })
        void eachFormMountsTheSame(String form) {
            assertEquals("content", sh("cat /mnt/x/data", "--mount", String.format(form, folder())));
        }

        @Test
        void restrictionsHold() {
            List<String> options = mountOptions("/mnt/x", "-v", folder() + ":/mnt/x:ro,nosuid,nodev,noexec");

            assertTrue(options.containsAll(List.of("ro", "nosuid", "nodev", "noexec")), options.toString());
        }

        @Test
        void linesAsSitesHaveThemInFstabAreTaken() {
            Path given = folder();
            List<String> options = mountOptions("/mnt", "-m", given + " /mnt none rbind,noatime,ro,_netdev 0 0");

            assertTrue(options.contains("ro"), options::toString);
        }

        @Test
        void linksOfAMountAreNotFollowedWhereTheOptionSaysSo() {
            Path given = folder();
            Command.of("ln", "-s", "data", given.resolve("link").toString())
                    .as(Account.USER)
                    .run()
                    .orFail();

            String found =
                    sh("cat /mnt/data; cat /mnt/link 2>&1 | grep -o 'Too many.*'", "-v", given + ":/mnt:nosymfollow");

            assertEquals("content\nToo many levels of symbolic links", found);
        }

        @Test
        void readOnlyHoldsBelowToo() {
            String lines = sh("grep ' /mnt/sys' /proc/self/mountinfo", "-v", "/sys:/mnt/sys:ro");

            assertTrue(lines.lines().count() > 1, "there are mounts below: " + lines);
            assertTrue(
                    lines.lines().allMatch(line -> List.of(line.split(" ", -1)[5].split(",", -1))
                            .contains("ro")),
                    lines);
        }

        @ParameterizedTest
        @CsvSource({"shared, shared:", "rprivate, -", "slave, master:", "unbindable, unbindable"})
        void propagationIsAsAsked(String option, String tag) {
            String line = sh("grep ' /mnt/x ' /proc/self/mountinfo", "-v", folder() + ":/mnt/x:" + option);
            String optional = line.split(" ", -1)[6];

            // A source whose mount has no peers on the host has no master either.
            assertTrue(optional.startsWith(tag) || (option.equals("slave") && optional.equals("-")), line);
        }

        @Test
        void tmpfsHasItsSizeAndMode() {
            String found = sh(
                    "grep ' /mnt/t ' /proc/self/mountinfo; stat -c %a /mnt/t",
                    "--mount", "type=tmpfs,dst=/mnt/t,size=64k,mode=700,noexec");

            assertTrue(found.contains("size=64k") && found.contains("noexec") && found.endsWith("700"), found);
        }

        @Test
        void overlayAboveAFolderLeavesItAlone() {
            Path folder = folder();

            String found = sh(
                    "echo new >/mnt/o/data; cat /mnt/o/data", "--mount", "type=overlay,src=" + folder + ",dst=/mnt/o");

            assertAll(
                    () -> assertEquals("new", found),
                    () -> assertEquals("content\n", Files.readString(folder.resolve("data"))));
        }

        @Test
        void overlayOfTwoFoldersShowsTheFirst() {
            Path first = folder();
            Path second = file("other", "second\n").getParent();

            assertEquals(
                    "content\nsecond",
                    sh(
                            "cat /mnt/o/data /mnt/o/other",
                            "--mount",
                            "type=overlay,dst=/mnt/o,lowerdir=" + first + ":" + second));
        }

        @Test
        void anImageFileThatIsMissingIsToldWithAWayOut() {
            Failures.assertFailed(
                    125,
                    start("--mount", "type=squashfs,src=/x.sqsh,dst=/mnt", "box", "true"),
                    "/x.sqsh",
                    "ENOENT",
                    "nofail");
        }

        @Test
        void whatMayFailIsLeftOutUntilItIsThere() throws IOException {
            Path late = folder().resolve("late");
            String[] option = {"-v", late + ":/mnt/late:nofail"};
            assertEquals("none", sh("test -e /mnt/late/x || echo none", option));

            Command.of("sh", "-c", "mkdir \"$0\" && touch \"$0/x\"", late.toString())
                    .as(Account.USER)
                    .run()
                    .orFail();

            assertEquals("there", sh("test -e /mnt/late/x && echo there || echo none", option));
            assertEquals("/mnt/late/x", sh("ls /mnt/late/x", option));
        }

        @ParameterizedTest
        @CsvSource({"tmp, /tmp", "sys, /sys", "proc, /proc", "dev, /dev", "hosts, /etc/hosts", "passwd, /etc/passwd"})
        void namedMountsCanBeLeftOut(String name, String place) {
            Path proc = Path.of("/proc");
            String[] options = name.equals("proc")
                    ? new String[] {"--no-mount", name, "-v", proc + ":/mnt/proc"}
                    : new String[] {"--no-mount", name};
            String file = name.equals("proc") ? "/mnt/proc/self/mountinfo" : "/proc/self/mountinfo";

            assertEquals("none", sh("grep -c ' " + place + " ' " + file + " >/dev/null || echo none", options));
        }

        @Test
        void unknownNamesOfMountsAreRefused() {
            Failures.assertFailed(125, start("--no-mount", "prok", "box", "true"), "prok", "hostname");
        }

        @Test
        void homeIsShownAndNamed() {
            assertEquals(JRUN.home() + "\n" + JRUN.home(), sh("echo $HOME; ls -d $HOME", "--home"));
            assertEquals("/root", sh("cd; pwd", "--home", "--root"));
        }
    }

    @Nested
    class Tricks {

        @Test
        void absoluteLinkIsTakenFromTheContainersRoot() {
            assertEquals("content", sh("cat /etc/inside/data", "-v", folder() + ":/absolute/inside"));
            assertFalse(Files.exists(Path.of("/etc/inside")));
        }

        @Test
        void linkThatClimbsStaysInside() {
            assertEquals("content", sh("cat /srv/inside/data", "-v", folder() + ":/upwards/inside"));
            assertFalse(Files.exists(Path.of("/srv/inside")));
        }

        @Test
        void linkIntoProcStaysInside() {
            assertEquals("content", sh("cat /srv/inside/data", "-v", folder() + ":/magic/srv/inside"));
            assertFalse(Files.exists(Path.of("/srv/inside")));
        }

        @Test
        void dotsInATargetAreRefused() {
            Failures.assertFailed(125, start("-v", folder() + ":/srv/../../etc", "box", "true"), "..");
        }

        @Test
        void linkThatLeadsToItselfIsRefused() {
            Failures.assertFailed(125, start("-v", folder() + ":/circle/x", "box", "true"), "ELOOP");
        }

        /** The container's directory is the attacker's own; he swaps it for a link outwards while others start. */
        @Test
        void directorySwappedForALinkWhileStartsHappenLeadsNowhere() throws InterruptedException {
            JRUN.run("create", "-n", "racy", JRUN.file("box.sqsh").toString()).orFail();
            Path folder = folder();
            Path rootfs = JRUN.rootfs("racy");
            Command.Running swapper = Command.of(
                            "sh",
                            "-c",
                            "cd \"$0\" && mkdir -p dir/in && while :; do ln -s ../../../../../../../../../../srv link;"
                                    + " mv -T dir aside; mv -T link dir; rm dir; mv -T aside dir; done",
                            rootfs.toString())
                    .as(Account.USER)
                    .start();
            int inside = 0;
            try {
                for (int i = 0; i < 20; i++) {
                    Command.Result result = start(
                            "-v",
                            folder + ":/dir/in",
                            "racy",
                            "grep",
                            "-c",
                            folder.getFileName().toString(),
                            "/proc/self/mountinfo");
                    if (result.status() == 0) {
                        inside++;
                        assertEquals("1", result.text(), "the mount is one that the container sees");
                    } else {
                        assertEquals(125, result.status(), result::toString);
                    }
                    assertFalse(Files.exists(Path.of("/srv/in")), "nothing was made on the host");
                }
            } finally {
                swapper.process().destroyForcibly().waitFor();
            }
            assertTrue(inside > 0, "some starts won the race");
        }
    }

    @Nested
    class Variables {

        @Test
        void cleanLetsNothingIn() {
            String found = command("--clean-env", "-e", "MINE", "box", "env")
                    .with("SLURM_JOB_ID", "7")
                    .with("MINE", "yes")
                    .run()
                    .orFail()
                    .text();

            assertTrue(found.contains("MINE=yes") && !found.contains("SLURM") && !found.contains("LC_ALL"), found);
        }

        @Test
        void hostLetsAllInButWhatNamesItsFiles() {
            String found = command("--host-env", "box", "env")
                    .with("SECRET_SAUCE", "1")
                    .with("LD_LIBRARY_PATH", "/opt/lib")
                    .with("PYTHONPATH", "/opt/py")
                    .run()
                    .orFail()
                    .text();

            assertTrue(found.contains("SECRET_SAUCE=1"), found);
            assertFalse(found.contains("LD_LIBRARY_PATH") || found.contains("PYTHONPATH"), found);
        }

        @Test
        void patternsLetInWhatTheyName() {
            String found = command("--host-env=APP_*", "--unset-env", "APP_SECRET", "box", "env")
                    .with("APP_MODE", "fast")
                    .with("APP_SECRET", "1")
                    .with("OTHER", "1")
                    .run()
                    .orFail()
                    .text();

            assertTrue(found.contains("APP_MODE=fast"), found);
            assertFalse(found.contains("APP_SECRET") || found.contains("OTHER"), found);
        }

        @Test
        void fileSetsCopiesAndYieldsToOptions() {
            Path file = file("vars", "# mine\nA=one two\nB=\"quoted\"\nCOPIED\nC=${HOME}/c\nD=file\n");

            String found = command("--env-file", file.toString(), "-e", "D=option", "box", "env")
                    .with("COPIED", "copy")
                    .run()
                    .orFail()
                    .text();

            for (String line :
                    List.of("A=one two", "B=\"quoted\"", "COPIED=copy", "C=" + JRUN.home() + "/c", "D=option")) {
                assertTrue(found.lines().anyMatch(line::equals), line + " in " + found);
            }
        }

        @Test
        void changedFileIsReadAnew() throws IOException {
            Path file = file("vars", "A=1\n");
            assertEquals("1", sh("echo $A", "--env-file", file.toString()));

            Files.writeString(file, "A=22\n");

            assertEquals("22", sh("echo $A", "--env-file", file.toString()));
        }

        @Test
        void missingFileIsRefused() {
            Failures.assertFailed(125, start("--env-file", "/no/such", "box", "true"), "/no/such");
        }

        @Test
        void environmentIsShownWithoutStarting() {
            Command.Result plain = JRUN.run("env", "-e", "A=1", "box").orFail();
            Command.Result explained =
                    JRUN.run("env", "--explain", "-e", "A=1", "box").orFail();

            assertTrue(plain.text().lines().anyMatch("A=1"::equals), plain::toString);
            assertTrue(explained.text().contains("option -e A"), explained::toString);
            assertEquals(3, JRUN.run("env", "no-such-box").status());
        }
    }

    /** Options that are a word each, with what proc(5), uname(1) or the file system shows of them. */
    @Nested
    class Words {

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "--net | wc -l </proc/net/route | 1",
                    "--uts=inside | hostname | inside",
                    "-v /etc/passwd:/new/file:x-create=file | test -f /new/file && echo file | file",
                    "-v /srv:/new/place:x-create=auto | test -d /new/place && echo directory | directory",
                    "--no-mount resolv.conf | grep -c ' /etc/resolv.conf ' /proc/self/mountinfo; true | 0",
                    "--no-mount hostname | grep -c ' /etc/hostname ' /proc/self/mountinfo; true | 0",
                    "--no-mount hosts | grep -c ' /etc/hosts ' /proc/self/mountinfo; true | 0",
                    "--no-mount machine-id | grep -c ' /etc/machine-id ' /proc/self/mountinfo; true | 0",
                    "--no-mount localtime | grep -c ' /etc/localtime ' /proc/self/mountinfo; true | 0",
                    "--no-mount passwd | grep -c ' /etc/passwd ' /proc/self/mountinfo; true | 0",
                    "--no-mount group | grep -c ' /etc/group ' /proc/self/mountinfo; true | 0",
                    "--no-mount tmp | grep -c ' /tmp ' /proc/self/mountinfo; true | 0"
                })
        void showInside(String options, String script, String expected) {
            List<String> words = new ArrayList<>(List.of(options.strip().split(" ", -1)));

            assertEquals(expected, sh(script, words.toArray(new String[0])));
        }

        @Test
        void homeIsLeftOutWhereTheSiteShowsIt() {
            Command shown = command("box", "sh", "-c", "echo $HOME").with("JRUN_MOUNT_HOME", "yes");
            Command left = command("--no-mount", "home", "box", "sh", "-c", "echo $HOME")
                    .with("JRUN_MOUNT_HOME", "yes");

            assertEquals(JRUN.home().toString(), shown.run().orFail().text());
            assertEquals("/", left.run().orFail().text());
        }
    }

    @Nested
    class Identities {

        @Test
        void numbersAreThoseAskedForAndNamesTheImages() {
            assertEquals("uid=33(www) gid=33(www)", sh("id", "--uid", "33", "--gid", "33"));
            assertEquals("/srv www", sh("echo $HOME $USER", "--uid", "33", "--gid", "33"));
        }

        @Test
        void numbersWithoutAnAccountAreNamed() {
            assertEquals("uid=1234(user1234) gid=33(www)", sh("id", "--uid", "1234", "--gid", "33"));
        }

        @Test
        void capabilitiesAreNoneUnlessRoot() {
            String none = "CapPrm:\t0000000000000000";

            assertTrue(sh("cat /proc/self/status", "--uid", "33").contains(none));
            assertTrue(sh("cat /proc/self/status", "--uid", "0").contains(none));
            assertFalse(sh("cat /proc/self/status", "--root").contains(none));
        }

        @Test
        @NeedsRoot // who else runs this has an account
        void callerWithoutAnAccountIsNamedByHisEnvironment() {
            assertEquals(
                    "ann",
                    command("box", "id", "-un")
                            .with("USER", "ann")
                            .run()
                            .orFail()
                            .text());
            assertEquals(
                    "user" + Account.ID,
                    command("box", "id", "-un")
                            .with("USER", "root")
                            .run()
                            .orFail()
                            .text());
        }

        @ParameterizedTest
        @ValueSource(strings = {"-1", "x", "4294967295", ""})
        void whatIsNoIdIsRefused(String id) {
            Failures.assertFailed(125, start("--uid", id, "box", "true"), "id");
        }

        @Test
        @NeedsRoot
        void supplementaryGroupsStillOpenFilesAndAreNamed() {
            Path shared = file("shared", "for the group\n");
            Command.of("sh", "-c", "chown 0:54399 $0 && chmod 640 $0", shared.toString())
                    .run()
                    .orFail();
            Command asMember = command("-v", shared + ":/shared", "box", "sh", "-c", "cat /shared; cat /etc/group");
            String id = Integer.toString(Account.ID);

            String found = asMember.as(Account.ROOT)
                    .behind("setpriv", "--reuid=" + id, "--regid=" + id, "--groups=54399", "--")
                    .run()
                    .orFail()
                    .text();

            assertTrue(found.startsWith("for the group\n"), found);
            assertTrue(found.contains("group" + id + ":x:" + id + ":"), found);
        }

        @Test
        @NeedsRoot
        void aptNeedsNoOptionToInstallAsRoot() {
            Path tree = folder().resolve("tree");
            Command.of("cp", "-a", JRUN.rootfs("box").toString(), tree.toString())
                    .as(Account.USER)
                    .run()
                    .orFail();
            Command.of("mkdir", "-p", tree.resolve("etc/apt/apt.conf.d").toString())
                    .as(Account.USER)
                    .run()
                    .orFail();
            List<String> host = List.of("-v", "/usr:/usr", "-v", "/lib:/lib", "-v", "/lib64:/lib64:nofail");
            List<String> words = new ArrayList<>(host);
            words.addAll(List.of("--root", "--overlay", tree.toString(), "/usr/bin/apt-config", "dump"));

            String found = start(words.toArray(new String[0])).orFail().text();

            assertTrue(found.contains("APT::Sandbox::User \"root\";"), found);
        }

        /** A directory service with a long answer: lines of groups name all of their members. */
        private static Path directoryService() {
            Path program = file("getent", """
                    #!/bin/sh
                    case $1 in
                    passwd) echo "dora:x:54321:54321:Dora:/srv:/bin/sh" ;;
                    group)
                        printf physics:x:54399:
                        head -c 200000 /dev/zero | tr '\\0' m
                        printf '\\ndoras:x:54321:dora\\n'
                        ;;
                    esac
                    """);
            Command.of("chmod", "755", program.toString())
                    .as(Account.USER)
                    .run()
                    .orFail();
            return program.getParent();
        }

        @Test
        @NeedsRoot // who else runs this has an account
        void callerWhomOnlyTheDirectoryServiceKnowsIsNamedByIt() {
            String found = command("box", "sh", "-c", "id -un; id -gn; echo $HOME; grep dora /etc/passwd")
                    .with("PATH", directoryService() + ":/usr/bin:/bin")
                    .run()
                    .orFail()
                    .text();

            assertEquals("dora\ndoras\n/srv\ndora:x:54321:54321:Dora:/srv:/bin/sh", found);
        }

        @Test
        @NeedsRoot
        void supplementaryGroupsOfADirectoryServiceAreNamedWhateverTheirSize() {
            String id = Integer.toString(Account.ID);

            String found = command("box", "sh", "-c", "grep ^physics /etc/group")
                    .with("PATH", directoryService() + ":/usr/bin:/bin")
                    .as(Account.ROOT)
                    .behind("setpriv", "--reuid=" + id, "--regid=" + id, "--groups=54399", "--")
                    .run()
                    .orFail()
                    .text();

            assertEquals("physics:x:54399:dora", found);
        }

        @Test
        @NeedsRoot // who else runs this may have been given some
        void subordinateIdsThatNobodyGaveAreRefusedWithTheMend() {
            Command.Result result = start("--subids", "box", "true");

            assertEquals(125, result.status(), result::toString);
            assertTrue(result.talk().contains("hint: ask an administrator"), result::toString);
        }
    }

    /** Namespaces of its own, and what shows them. */
    @Nested
    class Apart {

        private static String mountOf(String place, String... options) {
            return sh("grep ' " + place + " ' /proc/self/mountinfo | busybox tail -n 1", options);
        }

        @Test
        @NeedsRoot
        void memoryOfTheHostIsOutOfSight() throws IOException {
            Path shared = Path.of(
                    "/dev/shm/jrun-of-the-host-" + ProcessHandle.current().pid());
            Files.createFile(shared);
            try {
                String look = "test -e " + shared + " && echo seen; echo own >/dev/shm/own && cat /dev/shm/own";

                assertEquals("own", sh(look, "--ipc"));
                assertEquals("seen", sh("test -e " + shared + " && echo seen"));
                assertFalse(Files.exists(Path.of("/dev/shm/own")));
            } finally {
                Files.delete(shared);
            }
        }

        @Test
        void fileSystemsOfTheNamespaceAreWhatTheKernelMounted() {
            assertAll(
                    () -> assertTrue(
                            mountOf("/dev/shm", "--ipc").contains(" - tmpfs "), () -> mountOf("/dev/shm", "--ipc")),
                    () -> assertTrue(mountOf("/proc", "--pid").contains(" - proc "), "proc"));
        }

        /** Hosts that have them show them there. */
        @Test
        @NeedsRoot
        void queuesAreTheContainersToo() {
            Command.Result result = command(
                            "--ipc",
                            "box",
                            "sh",
                            "-c",
                            ": >/dev/mqueue/own && ls /dev/mqueue; grep -c ' - mqueue ' /proc/self/mountinfo")
                    .as(Account.ROOT)
                    .behind(
                            "unshare",
                            "-m",
                            "sh",
                            "-c",
                            "d=$(mktemp -d) && mount -t tmpfs -o mode=755 dev $d && mkdir $d/shm $d/mqueue"
                                    + " && for n in null zero random urandom tty fuse; do : >$d/$n; mount --bind /dev/$n $d/$n; done"
                                    + " && mount --rbind $d /dev && exec setpriv --reuid=" + Account.ID + " --regid="
                                    + Account.ID + " --clear-groups \"$@\"",
                            "sh")
                    .run()
                    .orFail();

            assertEquals("own\n1", result.text());
        }

        @Test
        void whatTheCallerMountsThereIsHis() {
            Path folder = folder();

            assertEquals("content", sh("cat /dev/shm/data", "--ipc", "-v", folder + ":/dev/shm"));
        }

        /** As inside of other containers, whose /proc is covered in part. */
        @Test
        void aProcThatMayNotBeMountedAnewIsTheOneOutside() {
            Command.Result result = command(
                            "--pid",
                            "box",
                            "sh",
                            "-c",
                            "readlink /proc/self/ns/pid; echo $$; test -e /proc/1/comm && echo whole")
                    .behind(
                            "unshare",
                            "-Urm",
                            "sh",
                            "-c",
                            "mount --bind /dev/null /proc/timer_list && readlink /proc/self/ns/pid && exec \"$@\"",
                            "sh")
                    .run()
                    .orFail();
            List<String> lines = result.text().lines().toList();

            assertAll(
                    () -> assertEquals(4, lines.size(), result::toString),
                    () -> assertFalse(lines.get(0).equals(lines.get(1)), result::toString),
                    () -> assertEquals("2", lines.get(2), result::toString),
                    () -> assertTrue(
                            result.talk().contains("option --pid: /proc shows the processes outside"),
                            result::toString));
        }
    }

    @Nested
    class Filters {

        @Test
        void profileIsInForce() {
            Path profile = file(
                    "deny.json",
                    "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mkdir\",\"mkdirat\"],"
                            + "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":13}]}");

            String found = sh(
                    "mkdir /tmp/jrun-refused 2>&1; grep Seccomp: /proc/self/status", "--seccomp", profile.toString());

            assertTrue(found.contains("Permission denied") && found.contains("Seccomp:\t2"), found);
        }

        @Test
        void argumentsDecide() {
            Path profile = file(
                    "args.json",
                    "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"kill\"],"
                            + "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"args\":[{\"index\":1,\"value\":10,"
                            + "\"op\":\"SCMP_CMP_EQ\"}]}]}");

            String found = sh("kill -0 $$ && echo asked; kill -10 $$ || echo refused", "--seccomp", profile.toString());

            assertEquals("asked\nrefused", found);
        }

        @Test
        void killingProfileKills() {
            Path profile = file(
                    "kill.json",
                    "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mkdir\",\"mkdirat\"],"
                            + "\"action\":\"SCMP_ACT_KILL_PROCESS\"}]}");

            assertEquals(
                    159,
                    start("--seccomp", profile.toString(), "box", "mkdir", "/tmp/jrun-killed")
                            .status());
        }

        @Test
        void brokenProfileIsRefused() {
            Failures.assertFailed(
                    125, start("--seccomp", file("bad.json", "{}\n").toString(), "box", "true"), "defaultAction");
            Failures.assertFailed(125, start("--seccomp", "/no/such.json", "box", "true"), "/no/such.json");
        }

        @Test
        void newPrivilegesAreForbidden() {
            assertTrue(sh("cat /proc/self/status").contains("NoNewPrivs:\t1"));
        }

        @Test
        void whatHoldsIsPrintedAndNothingStarts() {
            Command.Result result = start("--security", "--overlay", "box", "touch", "/tmp/jrun-started");

            assertAll(
                    () -> assertTrue(result.orFail().text().contains("no_new_privs"), result::toString),
                    () -> assertFalse(Files.exists(Path.of("/tmp/jrun-started"))));
        }
    }

    @Nested
    class Scripts {

        @Test
        void scriptOfTheHostGetsTheCommand() {
            Path script = file("rc", "echo script got $#; exec \"$@\"\n");

            assertEquals(
                    "script got 2\nhello",
                    start("--rc", script.toString(), "box", "echo", "hello")
                            .orFail()
                            .text());
        }

        @Test
        void imageOfAnotherToolBringsItsOwnScriptAndVariables() {
            Path tree = Workbench.newFolder("enroot", Account.USER);
            Command.of(
                            "sh",
                            "-c",
                            "mkdir -p $0/bin $0/etc && cp /bin/busybox $0/bin && ln -s busybox $0/bin/sh"
                                    + " && ln -s busybox $0/bin/echo && echo 'FROM_IMAGE=one two' >$0/etc/environment"
                                    + " && echo 'echo rc; exec \"$@\"' >$0/etc/rc",
                            tree.toString())
                    .run()
                    .orFail();
            Path image = JRUN.file("enroot.sqsh");
            Command.of("mksquashfs", tree.toString(), image.toString(), "-quiet", "-noappend", "-no-progress")
                    .run()
                    .orFail();
            JRUN.run("create", "-n", "enroot", image.toString()).orFail();

            assertEquals(
                    "rc\none two",
                    start("enroot", "sh", "-c", "echo $FROM_IMAGE").orFail().text());
        }
    }
}
