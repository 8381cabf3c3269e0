package io.jrun.image.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Layers made to do harm: each test says which. */
class HostileLayerTest {

    private static CorruptDataException refused(MergeLimits limits, TarItem... items) {
        byte[] tar = TarBytes.of(TarBytes.Format.PAX, items);
        return assertThrows(CorruptDataException.class, () -> MergedImage.ofTars(limits, tar));
    }

    private static void assertRefused(String cause, String... drawn) {
        CorruptDataException failure = refused(MergedImage.SMALL_LIMITS, TarItem.all(drawn));
        assertTrue(failure.getMessage().contains(cause), failure.getMessage());
    }

    @Test
    void namesAboveTheRootCannotOverwriteFilesOfTheHost() throws Exception {
        MergedImage image =
                MergedImage.of(TarItem.all("../../etc/passwd=x", "a/../../../b=y", "/../c=z", "..//./d/", "/abs=w"));

        assertEquals(List.of("abs=w", "b=y", "c=z", "d/", "etc/", "etc/passwd=x"), image.listing());
        assertEquals(4, image.report().notices().get(Notice.NAME_ABOVE_ROOT));
    }

    @Test
    void emptyNamesCannotReplaceTheRoot() throws Exception {
        for (String drawn : List.of("=x", "./=x", "/ -> /etc", "a/..=x", ".. => b", "| ".trim())) {
            assertRefused("would replace the root directory", drawn);
        }
        assertEquals(List.of(), MergedImage.of(TarItem.all("/", "./", "../")).listing());
    }

    @Test
    void symlinkedParentCannotLeadOutside() throws Exception {
        MergedImage image = MergedImage.of(TarItem.all(
                "out -> ../../../../root", "out/.ssh/authorized_keys=x", "p -> /proc/self/root/..", "p/y=z"));

        assertEquals(
                List.of(
                        "out -> ../../../../root",
                        "p -> /proc/self/root/..",
                        "proc/",
                        "proc/self/",
                        "proc/self/y=z",
                        "root/",
                        "root/.ssh/",
                        "root/.ssh/authorized_keys=x"),
                image.listing());
    }

    @Test
    void hardLinkCannotNameAFileOfTheHost() {
        assertRefused("which does not exist there", "shadow => ../../../../etc/shadow");
        assertRefused("which does not exist there", "up -> ..", "shadow => up/up/etc/shadow");
    }

    @Test
    void whiteoutThatNamesNothingCannotRemoveItsDirectoryOrTheRoot() {
        for (String name : List.of(".wh.", "a/.wh.", ".wh..", ".wh...", "a/.wh..")) {
            assertRefused("is a whiteout that names no file", name);
        }
    }

    @Test
    void whiteoutsOfAnyTypeAreNoFiles() throws Exception {
        MergedImage image = MergedImage.of(
                TarItem.all("a=1", "b=1", "c=1", "d/", "d/e=1"),
                TarItem.all(".wh.a/", ".wh.b -> x", ".wh.c => a", "d/.wh..wh..opq/"));

        assertEquals(List.of("d/"), image.listing());
    }

    @Test
    void namesLongerThanAFileSystemTakesAreRefused() throws Exception {
        assertRefused("has a name of 256 bytes, where 255 are the limit", "d/" + "n".repeat(256) + "=x");
        assertEquals(
                1, MergedImage.of(TarItem.all("n".repeat(255) + "=x")).listing().size());
    }

    @Test
    void deepPathsCannotExhaustTheStack() {
        assertRefused("has 101 names, where 100 are the limit", "d/".repeat(101));
        TarItem[] chain = TarItem.all("a -> " + "d/".repeat(99), "a/b/", "c -> a/b/" + "e/".repeat(60), "c/f=1");
        CorruptDataException failure = refused(MergedImage.SMALL_LIMITS, chain);
        assertEquals(
                "cannot merge layer 1 of 1: symbolic links lead to a path of more than 100 names",
                failure.getMessage());
    }

    @Test
    void symlinksWithoutOrWithEndlessTargetsAreRefused() {
        assertRefused("is a symbolic link of 0 bytes", "s -> ");
        assertRefused("is a symbolic link of 4096 bytes", "s -> " + "x".repeat(4096));
    }

    @Test
    void tooManyEntriesAreRefusedWithTheOptionThatAllowsThem() {
        CorruptDataException failure = refused(
                new MergeLimits(3, 1000, 10),
                TarItem.of("a=1"),
                TarItem.of("a=1"),
                TarItem.of("a=1"),
                TarItem.of("a=1"));

        assertEquals(
                "cannot merge layer 1 of 1: the layers have more than 3 entries\n"
                        + "  hint: if the image is trusted, raise the limit with `--max-entries 6`",
                failure.getMessage());
    }

    @Test
    void impliedDirectoriesCountAsEntries() {
        CorruptDataException failure = refused(new MergeLimits(3, 1000, 10), TarItem.of("a/b/c/d=1"));

        assertTrue(failure.getMessage().contains("--max-entries"), failure.getMessage());
    }

    @Test
    void tooMuchContentIsRefusedWithTheOptionThatAllowsIt() {
        CorruptDataException failure =
                refused(new MergeLimits(9, 10, 10), TarItem.of("a=123456"), TarItem.of("b=12345"));

        assertEquals(
                "cannot merge layer 1 of 1: the files of the layers have more than 10 bytes\n"
                        + "  hint: if the image is trusted, raise the limit with `--max-size 20`",
                failure.getMessage());
    }

    @Test
    void sparseFileCannotExpandBeyondTheLimit() {
        byte[] tar = new TarBytes(TarBytes.Format.PAX)
                .pax(
                        'x',
                        TarBytes.record("GNU.sparse.size", "900000000000000000")
                                + TarBytes.record("GNU.sparse.map", "0,1"))
                .add(TarItem.of("a=x"))
                .end();

        CorruptDataException failure = assertThrows(CorruptDataException.class, () -> MergedImage.ofTars(tar));

        assertTrue(failure.getMessage().contains("--max-size"), failure.getMessage());
    }

    @Test
    void attributesCannotExhaustTheMemory() {
        TarItem[] items = new TarItem[300];
        for (int i = 0; i < items.length; i++) {
            items[i] = TarItem.of("f" + i + "=").xattr("user.x", i + "x".repeat(64_000));
        }

        CorruptDataException failure = refused(MergedImage.SMALL_LIMITS, items);

        assertTrue(failure.getMessage().contains("names, link targets and attributes"), failure.getMessage());
    }

    @Test
    void zerosBehindTheEndMarkerAreLimited() {
        byte[] tar = java.util.Arrays.copyOf(TarBytes.of(TarBytes.Format.PAX), 1 << 20);

        assertThrows(CorruptDataException.class, () -> MergedImage.ofTars(new MergeLimits(9, 1000, 10), tar));
    }

    @Test
    void manyWhiteoutsOfALargeDirectoryTakeLinearTime() throws Exception {
        int count = 20_000; // quadratic: 400 million steps, minutes instead of a second
        TarItem[] items = new TarItem[2 * count];
        for (int i = 0; i < count; i++) {
            items[i] = TarItem.of("d/f" + i + "=");
            items[count + i] = TarItem.of(".wh.d");
        }

        assertEquals(count + 1, MergedImage.of(items).listing().size());
    }

    /** Harm: a tool that normalizes names overwrites one file with the other. */
    @Test
    void namesThatDifferOnlyByNormalizationStayTwoFiles() throws Exception {
        String composed = "\303\251";
        String decomposed = "e\314\201";

        assertEquals(
                List.of(decomposed + "=2", composed + "=1"),
                MergedImage.of(TarItem.all(composed + "=1", decomposed + "=2")).listing());
    }

    /** Harm: a name writes to the terminal of whoever reads the message. */
    @Test
    void namesCannotSteerTheTerminalThatShowsTheMessage() {
        CorruptDataException failure =
                refused(MergedImage.SMALL_LIMITS, TarItem.of("a\n\033]0;owned\007\302\233 => none"));

        assertTrue(
                failure.getMessage().lines().allMatch(line -> line.chars().noneMatch(Character::isISOControl)),
                failure.getMessage());
        assertTrue(failure.getMessage().contains("a\\x0a\\x1b]0;owned\\x07\\xc2\\x9b"), failure.getMessage());
    }

    /** Harm: a header of gigabytes is read into memory before the file it belongs to. */
    @Test
    void paxHeaderOfGigabytesIsRefusedBeforeItIsRead() {
        byte[] tar = new TarBytes(TarBytes.Format.USTAR)
                .header(TarItem.base('x', "header"), 3L << 30)
                .end();

        assertThrows(CorruptDataException.class, () -> MergedImage.ofTars(tar));
    }
}
