package io.jrun.image.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Layers are drawn from the lowest up, as a manifest lists them. */
class LayerMergerTest {

    private static void assertTree(MergedImage image, String... lines) {
        assertEquals(List.of(lines), image.listing());
    }

    private static TarItem[] layer(String... drawn) {
        return TarItem.all(drawn);
    }

    @Nested
    class Stacking {

        @Test
        void noLayersGiveAnEmptyRoot() throws Exception {
            MergedImage image = MergedImage.ofTars();

            assertEquals("{=/ 0755 0:0 0.000000000}", image.fullListing().toString());
        }

        @Test
        void emptyLayersChangeNothing() throws Exception {
            MergedImage image = MergedImage.of(layer(), layer("a=1"), layer());

            assertTree(image, "a=1");
        }

        @Test
        void upperFileHidesLowerOneWhoseContentIsNotStored() throws Exception {
            MergedImage image = MergedImage.of(layer("a=old", "b=kept"), layer("a=new"));

            assertTree(image, "a=new", "b=kept");
            assertEquals(List.of("new", "kept"), image.stored());
            assertEquals(3, image.report().hiddenBytes());
            assertEquals(1, image.report().hiddenEntries());
        }

        @Test
        void directoriesMergeAndTheUpperOneGivesTheMetadata() throws Exception {
            TarItem[] base = {TarItem.of("d/").mode(0700).owner(1, 1).xattr("user.old", "x"), TarItem.of("d/a=1")};
            TarItem[] upper = {TarItem.of("d/").mode(01777).owner(2, 3).time(5, 0), TarItem.of("d/b=2")};

            MergedImage image = MergedImage.of(base, upper);

            assertTree(image, "d/", "d/a=1", "d/b=2");
            assertEquals("/ 1777 2:3 5.000000000", image.fullListing().get("d"));
        }

        @Test
        void theSameLayerTwiceIsThatLayer() throws Exception {
            TarItem[] same = layer("d/", "d/a=1", "d/h => d/a", ".wh.x");

            assertTree(MergedImage.of(same, same, same), "d/", "d/a=1", "d/h => d/a");
        }

        @Test
        void typeChangesFromDirectoryToFileToSymlinkToDirectoryHideWhatWasBelow() throws Exception {
            assertTree(
                    MergedImage.of(
                            layer("p/", "p/old=1", "q=1"), layer("p=file"), layer("p -> q"), layer("p/", "p/new=2")),
                    "p/",
                    "p/new=2",
                    "q=1");
        }

        @Test
        void fileInTheMiddleClosesTheDirectoryBelowIt() throws Exception {
            MergedImage image = MergedImage.of(layer("p/", "p/old=1"), layer("p=file"), layer("p/", "p/new=2"));

            assertTree(image, "p/", "p/new=2");
            assertEquals(List.of("2"), image.stored());
        }

        @Test
        void rootEntryDescribesTheRoot() throws Exception {
            MergedImage image = MergedImage.of(
                    new TarItem[] {TarItem.of("./").mode(0700).owner(3, 4).time(9, 0), TarItem.of("./a=1")});

            assertEquals("/ 0700 3:4 9.000000000", image.fullListing().get(""));
            assertTree(image, "a=1");
        }

        @Test
        void parentWithoutEntryIsMade() throws Exception {
            MergedImage image = MergedImage.of(layer("a/b/c=1"));

            assertTree(image, "a/", "a/b/", "a/b/c=1");
            assertEquals("/ 0755 0:0 0.000000000", image.fullListing().get("a/b"));
            assertEquals(2, image.report().notices().get(Notice.IMPLICIT_DIRECTORY));
        }

        @Test
        void parentWithoutEntryTakesItsMetadataFromTheLowerLayer() throws Exception {
            MergedImage image =
                    MergedImage.of(new TarItem[] {TarItem.of("a/").mode(0711).owner(7, 8)}, layer("a/b=1"));

            assertEquals("/ 0711 7:8 1600000000.000000000", image.fullListing().get("a"));
        }

        @Test
        void parentMadeInASetGroupIdDirectoryInheritsItsGroup() throws Exception {
            MergedImage image =
                    MergedImage.of(new TarItem[] {TarItem.of("a/").mode(02775).owner(7, 8), TarItem.of("a/b/c=1")});

            assertEquals("/ 2755 0:8 0.000000000", image.fullListing().get("a/b"));
        }

        @Test
        void entryBelowAFileReplacesTheFileByADirectory() throws Exception {
            MergedImage image = MergedImage.of(layer("a=file"), layer("a/b=1"));

            assertTree(image, "a/", "a/b=1");
            assertEquals(1, image.report().notices().get(Notice.PARENT_NO_DIRECTORY));
        }

        @Test
        void allKindsKeepAllMetadata() throws Exception {
            MergedImage image = MergedImage.of(new TarItem[] {
                TarItem.of("caps=x")
                        .mode(04755)
                        .owner(0xffff_fffeL, 3_000_000_000L)
                        .xattr("security.capability", "\1\0\0\2\300\200\0\0")
                        .xattr("user.x", "")
                        .time(-2, 500_000_000),
                TarItem.of("fifo|").mode(0600),
                TarItem.of("null:1,3").mode(0666),
                TarItem.of("disk:8,70000").type('4'),
                TarItem.of("none=").mode(0),
                TarItem.of("far=").time(99_999_999_999L, 1),
                TarItem.of("\377name -> \200target")
            });

            assertEquals(
                    List.of(
                            "caps==x 4755 4294967294:3000000000 -2.500000000"
                                    + " security.capability=\1\0\0\2\300\200\0\0 user.x=",
                            "disk=:b8,70000 0644 0:0 1600000000.000000000",
                            "far== 0644 0:0 99999999999.000000001",
                            "fifo=| 0600 0:0 1600000000.000000000",
                            "none== 0000 0:0 1600000000.000000000",
                            "null=:1,3 0666 0:0 1600000000.000000000",
                            "\377name= -> \200target 0777 0:0 1600000000.000000000"),
                    image.fullListing().entrySet().stream()
                            .skip(1)
                            .map(Object::toString)
                            .toList());
        }
    }

    @Nested
    class Whiteouts {

        @Test
        void explicitWhiteoutHidesAFileAndADirectoryWithAllBelow() throws Exception {
            MergedImage image = MergedImage.of(layer("a=1", "d/", "d/x/", "d/x/y=2", "k=3"), layer(".wh.a", ".wh.d"));

            assertTree(image, "k=3");
            assertEquals(List.of("3"), image.stored());
            assertEquals(2, image.report().whiteouts());
        }

        @Test
        void fileBesideItsOwnWhiteoutSurvivesWhereverItStands() throws Exception {
            assertTree(MergedImage.of(layer("a=1"), layer(".wh.a", "a=2")), "a=2");
            assertTree(MergedImage.of(layer("a=1"), layer("a=2", ".wh.a")), "a=2");
        }

        @Test
        void directoryRemovedAndMadeAgainInOneLayerLosesOnlyLowerContent() throws Exception {
            TarItem[] base = layer("d/", "d/old=1", "d/sub/", "d/sub/old=1");

            assertTree(MergedImage.of(base, layer(".wh.d", "d/", "d/new=2")), "d/", "d/new=2");
            assertTree(MergedImage.of(base, layer("d/", "d/new=2", ".wh.d")), "d/", "d/new=2");
            assertTree(MergedImage.of(base, layer("d/sub/new=2", ".wh.d")), "d/", "d/sub/", "d/sub/new=2");
        }

        @Test
        void opaqueWhiteoutHidesLowerSiblingsBeforeAndAfterIt() throws Exception {
            TarItem[] base = layer("d/", "d/old=1", "d/sub/", "d/sub/old=1");

            assertTree(MergedImage.of(base, layer("d/", "d/.wh..wh..opq", "d/new=2")), "d/", "d/new=2");
            assertTree(MergedImage.of(base, layer("d/", "d/new=2", "d/.wh..wh..opq")), "d/", "d/new=2");
        }

        @Test
        void opaqueWhiteoutKeepsItsDirectory() throws Exception {
            MergedImage image = MergedImage.of(
                    new TarItem[] {TarItem.of("d/").mode(0700), TarItem.of("d/a=1")}, layer("d/.wh..wh..opq"));

            assertTree(image, "d/");
            assertEquals("/ 0700 0:0 1600000000.000000000", image.fullListing().get("d"));
        }

        @Test
        void opaqueRootHidesAllLowerLayers() throws Exception {
            assertTree(MergedImage.of(layer("a=1", "d/", "d/b=2"), layer("c=3", ".wh..wh..opq")), "c=3");
        }

        @Test
        void whiteoutOfWhatIsMissingDoesNothingAndMakesNoDirectory() throws Exception {
            assertTree(MergedImage.of(layer("a=1"), layer("d/.wh.x", "e/.wh..wh..opq", "a/.wh.b")), "a=1");
        }

        @Test
        void whiteoutHidesAllLayersBelowUntilAnUpperLayerMakesTheFileAgain() throws Exception {
            assertTree(MergedImage.of(layer("a=1"), layer("a=2"), layer(".wh.a"), layer("b=4")), "b=4");
            assertTree(MergedImage.of(layer("a=1"), layer(".wh.a"), layer("a=3")), "a=3");
        }

        @Test
        void whiteoutOfASymlinkLeavesItsTarget() throws Exception {
            assertTree(MergedImage.of(layer("t=1", "s -> t"), layer(".wh.s")), "t=1");
        }

        @Test
        void whiteoutAndOpaqueMarkerActThroughASymlinkedParentOfALowerLayer() throws Exception {
            TarItem[] base = layer("usr/", "usr/lib/", "usr/lib/a=1", "usr/lib/b=2", "lib -> usr/lib");

            assertTree(MergedImage.of(base, layer("lib/.wh.a")), "lib -> usr/lib", "usr/", "usr/lib/", "usr/lib/b=2");
            assertTree(MergedImage.of(base, layer("lib/.wh..wh..opq")), "lib -> usr/lib", "usr/", "usr/lib/");
        }

        @Test
        void recordsOfAufsAreLeftOutAndCounted() throws Exception {
            MergedImage image = MergedImage.of(
                    layer(".wh..wh.plnk/", ".wh..wh.plnk/1.2=x", ".wh..wh.aufs", "a/", "a/.wh..wh.orph/", ".wh.q/r=1"));

            assertTree(image, "a/");
            assertEquals(4, image.report().notices().get(Notice.AUFS_METADATA));
            assertEquals(1, image.report().notices().get(Notice.BELOW_WHITEOUT));
        }
    }

    @Nested
    class OneLayer {

        @Test
        void lastEntryOfAPathWins() throws Exception {
            MergedImage image = MergedImage.of(layer("a=1", "a=22", "b/", "b/c=3", "b=4", "e=5", "e/", "e/f=6"));

            assertTree(image, "a=22", "b=4", "e/", "e/f=6");
            assertEquals(3, image.report().unusedBytes());
        }

        @Test
        void fileInsteadOfADirectoryAlsoHidesTheLowerDirectory() throws Exception {
            assertTree(MergedImage.of(layer("d/", "d/low=1"), layer("d=file", "d/", "d/x=2")), "d/", "d/x=2");
        }

        @Test
        void spellingsOfOnePathAreOnePath() throws Exception {
            assertTree(MergedImage.of(layer("./a/", "/a/b=1", "a//b=2", "a/./b=3", "a/x/../b=4")), "a/", "a/b=4");
        }
    }

    @Nested
    class HardLinks {

        @Test
        void namesOfOneLayerShareAnInode() throws Exception {
            assertTree(MergedImage.of(layer("a=1", "b => a", "d/", "d/c => /b")), "a=1", "b => a", "d/", "d/c => a");
        }

        @Test
        void targetInALowerLayerKeepsItsInode() throws Exception {
            MergedImage image = MergedImage.of(layer("a=1"), layer("b => a"), layer("c => ./b"));

            assertTree(image, "a=1", "b => a", "c => a");
            assertEquals(List.of("1"), image.stored());
        }

        @Test
        void targetReplacedAboveIsReadInASecondPass() throws Exception {
            MergedImage image = MergedImage.of(layer("a=old", "b => a", "z=9"), layer("a=new"));

            assertTree(image, "a=new", "b=old", "z=9");
            assertEquals(List.of(2, 1), image.openings());
            assertEquals(1, image.report().rereadLayers());
            assertEquals(0, image.report().hiddenBytes());
        }

        @Test
        void targetOfAnotherLayerReplacedAboveIsReadInASecondPass() throws Exception {
            MergedImage image = MergedImage.of(layer("a=old"), layer("b => a"), layer(".wh.a"));

            assertTree(image, "b=old");
            assertEquals(List.of(2, 1, 1), image.openings());
        }

        @Test
        void hiddenNameOfAVisibleInodeIsNotRead() throws Exception {
            MergedImage image = MergedImage.of(layer("a=1", "b => a"), layer(".wh.b"));

            assertTree(image, "a=1");
            assertEquals(List.of(1, 1), image.openings());
        }

        @Test
        void linkBeforeItsTargetIsReplacedKeepsTheOldInode() throws Exception {
            assertTree(MergedImage.of(layer("a=old"), layer("b => a", "a=new")), "a=new", "b=old");
            assertTree(MergedImage.of(layer("a=old"), layer("b => a", ".wh.a")), "b=old");
        }

        @Test
        void linkBehindTheWhiteoutOfItsTargetDangles() {
            CorruptDataException failure = assertThrows(
                    CorruptDataException.class, () -> MergedImage.of(layer("a=old"), layer(".wh.a", "b => a")));

            assertEquals(
                    "cannot merge layer 2 of 2: the hard link /b leads to a, which does not exist there",
                    failure.getMessage());
        }

        @Test
        void linkToItselfOrADirectoryOrOutsideIsRefused() {
            for (String link : List.of("a => a", "b => d", "b => ../../etc/shadow", "b => /", "b => d/.wh.x")) {
                assertThrows(CorruptDataException.class, () -> MergedImage.of(layer("a=1", "d/"), layer(link)), link);
            }
        }

        @Test
        void linkReplacesADirectoryWithAllBelow() throws Exception {
            assertTree(MergedImage.of(layer("a=1", "d/", "d/x=2"), layer("d => a")), "a=1", "d => a");
        }

        @Test
        void linksToSymlinksDevicesAndFifosAreLinks() throws Exception {
            assertTree(
                    MergedImage.of(layer("s -> x", "c:1,3", "p|"), layer("s2 => s", "c2 => c", "p2 => p")),
                    "c:1,3",
                    "c2 => c",
                    "p|",
                    "p2 => p",
                    "s -> x",
                    "s2 => s");
        }

        @Test
        void targetIsFoundThroughASymlinkedParent() throws Exception {
            assertTree(
                    MergedImage.of(layer("u/", "u/a=1", "l -> /u"), layer("b => l/a")),
                    "b=1",
                    "l -> /u",
                    "u/",
                    "u/a => b");
        }

        @Test
        void contentThatALinkBringsAlongIsPassedOver() throws Exception {
            byte[] tar = new TarBytes(TarBytes.Format.PAX)
                    .pax('x', TarBytes.record("comment", "pax"))
                    .add(TarItem.of("a=12345"))
                    .header(TarItem.of("b => a"), 5)
                    .data(TarBytes.bytes("12345"))
                    .add(TarItem.of("c=2"))
                    .end();

            assertTree(MergedImage.ofTars(tar), "a=12345", "b => a", "c=2");
        }

        @Test
        void sizeOfAnOldLinkWithoutContentIsIgnored() throws Exception {
            for (TarBytes.Format format : TarBytes.Format.values()) {
                TarBytes tar = new TarBytes(format).add(TarItem.of("a=12345"));
                byte[] bytes = tar.header(TarItem.of("b => a"), 5)
                        .add(TarItem.of("c=2"))
                        .end();

                assertTree(MergedImage.ofTars(bytes), "a=12345", "b => a", "c=2");
            }
        }

        @Test
        void manyNamesShareOneInode() throws Exception {
            TarItem[] items = new TarItem[70_000];
            items[0] = TarItem.of("n=1");
            for (int i = 1; i < items.length; i++) {
                items[i] = TarItem.of("n" + i + " => n");
            }

            assertEquals(70_000, MergedImage.of(items).listing().size());
        }
    }

    @Nested
    class SymlinkedParents {

        @Test
        void symlinkOfTheSameLayerIsFollowed() throws Exception {
            assertTree(
                    MergedImage.of(layer("usr/", "lib -> usr/lib", "lib/a=1")),
                    "lib -> usr/lib",
                    "usr/",
                    "usr/lib/",
                    "usr/lib/a=1");
        }

        @Test
        void symlinkOfALowerLayerIsFollowed() throws Exception {
            MergedImage image =
                    MergedImage.of(layer("usr/", "usr/lib/", "usr/lib/a=old", "lib -> usr/lib"), layer("lib/a=new"));

            assertTree(image, "lib -> usr/lib", "usr/", "usr/lib/", "usr/lib/a=new");
            assertEquals(3, image.report().unusedBytes());
        }

        @Test
        void laterNameThroughTheSymlinkIsHiddenByTheLayerBetween() throws Exception {
            assertTree(
                    MergedImage.of(layer("u/", "l -> u"), layer("l/a=low"), layer("u/a=middle"), layer("l/b => l/a")),
                    "l -> u",
                    "u/",
                    "u/a=middle",
                    "u/b => u/a");
        }

        @Test
        void nameThatOnlySeemedHiddenIsReadInASecondPass() throws Exception {
            MergedImage image =
                    MergedImage.of(layer("u/", "l -> u", "l/a=low"), layer(".wh.l"), layer("l/", "l/a=top"));

            assertTree(image, "l/", "l/a=top", "u/", "u/a=low");
            assertEquals(List.of(2, 1, 1), image.openings());
        }

        @Test
        void directoryEntryReplacesTheSymlink() throws Exception {
            assertTree(
                    MergedImage.of(layer("u/", "u/x=1", "l -> u"), layer("l/", "l/a=2")), "l/", "l/a=2", "u/", "u/x=1");
        }

        @Test
        void absoluteTargetsAndParentsStayInsideTheRoot() throws Exception {
            assertTree(
                    MergedImage.of(layer("d/", "d/abs -> /etc", "d/up -> ../../../../etc", "d/abs/a=1", "d/up/b=2")),
                    "d/",
                    "d/abs -> /etc",
                    "d/up -> ../../../../etc",
                    "etc/",
                    "etc/a=1",
                    "etc/b=2");
        }

        @Test
        void danglingSymlinkIsFilled() throws Exception {
            assertTree(
                    MergedImage.of(layer("l -> x/y/../z"), layer("l/a=1")), "l -> x/y/../z", "x/", "x/z/", "x/z/a=1");
        }

        @Test
        void symlinkCircleIsRefused() {
            CorruptDataException failure =
                    assertThrows(CorruptDataException.class, () -> MergedImage.of(layer("a -> b", "b -> a", "a/x=1")));

            assertTrue(failure.getMessage().contains("(ELOOP)"), failure.getMessage());
        }

        @Test
        void chainOfFortySymlinksIsFollowedAndOfFortyOneRefused() throws Exception {
            TarItem[] chain = new TarItem[42];
            chain[0] = TarItem.of("l0/");
            for (int i = 1; i <= 40; i++) {
                chain[i] = TarItem.of("l" + i + " -> l" + (i - 1));
            }
            chain[41] = TarItem.of("l40/a=1");
            TarItem[] tooLong = chain.clone();
            tooLong[0] = TarItem.of("l41 -> l40");
            tooLong[41] = TarItem.of("l41/a=1");

            assertTrue(MergedImage.of(chain).listing().contains("l0/a=1"));
            assertThrows(CorruptDataException.class, () -> MergedImage.of(tooLong));
        }
    }
}
