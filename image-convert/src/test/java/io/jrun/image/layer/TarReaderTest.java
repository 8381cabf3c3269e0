package io.jrun.image.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class TarReaderTest {

    private static final String LONG = "d/" + "x".repeat(90) + "/" + "y".repeat(120);

    private static String only(byte[] tar) throws Exception {
        Map<String, String> listing = MergedImage.ofTars(tar).fullListing();
        listing.remove("");
        assertEquals(1, listing.size(), listing::toString);
        return listing.toString();
    }

    private static String onlyWithHeader(TarBytes.Format format, TarItem item, Consumer<byte[]> change)
            throws Exception {
        TarBytes tar = new TarBytes(format);
        byte[] block = tar.headerBlock(item, item.content().length());
        change.accept(block);
        return only(tar.raw(TarBytes.sign(block))
                .data(TarBytes.bytes(item.content()))
                .end());
    }

    private static void assertCorrupt(String cause, byte[] tar) {
        CorruptDataException failure = assertThrows(CorruptDataException.class, () -> MergedImage.ofTars(tar));
        assertTrue(failure.getMessage().contains(cause), failure.getMessage());
    }

    private static TarBytes pax() {
        return new TarBytes(TarBytes.Format.PAX);
    }

    @Test
    void sameContentAsUstarPaxAndGnuGivesTheSameTree() throws Exception {
        TarItem[] items = {
            TarItem.of("./").mode(0700),
            TarItem.of("d/").mode(01777).owner(5, 6),
            TarItem.of("d/" + "p".repeat(60) + "/" + "q".repeat(60) + "=deep").mode(06755),
            TarItem.of("d/f=text").time(077777777777L, 0),
            TarItem.of("d/h => d/f"),
            TarItem.of("s -> d/f"),
            TarItem.of("c:1,3"),
            TarItem.of("b:7,300").type('4'),
            TarItem.of("p|")
        };

        Map<String, String> ustar =
                MergedImage.ofTars(TarBytes.of(TarBytes.Format.USTAR, items)).fullListing();

        assertEquals(
                ustar,
                MergedImage.ofTars(TarBytes.of(TarBytes.Format.PAX, items)).fullListing());
        assertEquals(
                ustar,
                MergedImage.ofTars(TarBytes.of(TarBytes.Format.GNU, items)).fullListing());
        assertEquals(10, ustar.size());
    }

    @Test
    void longNamesAndTargetsOfAnyBytesAreReadInPaxAndGnu() throws Exception {
        TarItem[] items = {
            TarItem.of(LONG + "\377\376 -> " + "t".repeat(300) + "\200"), TarItem.of("h => " + LONG + "\377\376")
        };
        for (TarBytes.Format format : List.of(TarBytes.Format.PAX, TarBytes.Format.GNU)) {
            List<String> listing =
                    MergedImage.ofTars(TarBytes.of(format, items)).listing();

            assertTrue(listing.contains(LONG + "\377\376 -> " + "t".repeat(300) + "\200"), listing::toString);
            assertTrue(listing.contains("h => " + LONG + "\377\376"), listing::toString);
        }
    }

    @Test
    void binaryNumbersGiveLargeIdsAndTimesBeforeTheEpoch() throws Exception {
        byte[] tar = TarBytes.of(
                TarBytes.Format.GNU,
                TarItem.of("a=1").owner(4_294_967_295L, 2_147_483_648L).time(-3_000_000_000L, 0));

        assertEquals("{a==1 0644 4294967295:2147483648 -3000000000.000000000}", only(tar));
    }

    @Test
    void negativeIdsOfSignedWritersAreLargeIds() throws Exception {
        String line =
                onlyWithHeader(TarBytes.Format.GNU, TarItem.of("a=1"), block -> TarBytes.putBinary(block, 108, 8, -2));

        assertEquals("{a==1 0644 4294967294:0 1600000000.000000000}", line);
    }

    @Test
    void idsBeyond32BitsAreRefused() {
        assertCorrupt(
                "outside 0 to 2^32-1",
                TarBytes.of(TarBytes.Format.GNU, TarItem.of("a=1").owner(1L << 32, 0)));
    }

    @Test
    void numbersPaddedWithSpacesOrNothingAreRead() throws Exception {
        String line = onlyWithHeader(TarBytes.Format.USTAR, TarItem.of("a=1"), block -> {
            System.arraycopy(TarBytes.bytes("  755 \0 "), 0, block, 100, 8);
            System.arraycopy(TarBytes.bytes("\0\0\0\0\0\0\0\0"), 0, block, 108, 8);
            System.arraycopy(TarBytes.bytes("00000017"), 0, block, 116, 8);
        });

        assertEquals("{a==1 0755 0:15 1600000000.000000000}", line);
    }

    @Test
    void malformedNumberIsRefusedWithItsOffset() {
        TarBytes tar = pax().add(TarItem.of("a=1"));
        byte[] block = tar.headerBlock(TarItem.of("b=1"), 1);
        block[124] = '9';

        CorruptDataException failure = assertThrows(
                CorruptDataException.class,
                () -> MergedImage.ofTars(
                        tar.raw(TarBytes.sign(block)).data(new byte[1]).end()));

        assertEquals(
                "cannot read layer 1 of 1: the header has a malformed number as size, at offset 1024",
                failure.getMessage());
    }

    @Test
    void checksumOverSignedBytesIsAccepted() throws Exception {
        TarBytes tar = new TarBytes(TarBytes.Format.USTAR);
        byte[] block = tar.headerBlock(TarItem.of("\377\376=1"), 1);
        Arrays.fill(block, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : block) {
            sum += b;
        }
        System.arraycopy(TarBytes.bytes(String.format("%06o\0 ", sum)), 0, block, 148, 8);

        assertEquals(
                List.of("\377\376=1"),
                MergedImage.ofTars(tar.raw(block).data(new byte[] {'1'}).end()).listing());
    }

    @Test
    void oldTypesAreFilesAndDirectories() throws Exception {
        TarItem[] items = {
            TarItem.of("v7=1").type('\0'),
            TarItem.of("dir/").type('\0'),
            TarItem.of("contiguous=2").type('7')
        };
        TarBytes tar = new TarBytes(TarBytes.Format.USTAR);
        for (TarItem item : items) {
            byte[] block = tar.headerBlock(item, item.content().length());
            if (item.type() == 0) {
                Arrays.fill(block, 257, 512, (byte) 0); // V7 has no magic
            }
            tar.raw(TarBytes.sign(block)).data(TarBytes.bytes(item.content()));
        }

        assertEquals(
                List.of("contiguous=2", "dir/", "v7=1"),
                MergedImage.ofTars(tar.end()).listing());
    }

    @Test
    void prefixOfStarIsShorter() throws Exception {
        String line = onlyWithHeader(TarBytes.Format.USTAR, TarItem.of("a=1"), block -> {
            Arrays.fill(block, 476, 500, (byte) '7'); // atime and ctime
            System.arraycopy(TarBytes.bytes("tar\0"), 0, block, 508, 4);
        });

        assertEquals("{a==1 0644 0:0 1600000000.000000000}", line);
    }

    @Test
    void paxTimesHaveFractionsAndSigns() throws Exception {
        Map<String, String> times = new TreeMap<>(Map.of(
                "1.5", "1.500000000",
                "-1.5", "-2.500000000",
                "-0.25", "-1.750000000",
                "-3", "-3.000000000",
                "12.1234567899", "12.123456789",
                "7.", "7.000000000",
                "4294967296", "4294967296.000000000"));
        for (Map.Entry<String, String> time : times.entrySet()) {
            byte[] tar = pax().pax('x', TarBytes.record("mtime", time.getKey()))
                    .add(TarItem.of("a=1"))
                    .end();

            assertEquals("{a==1 0644 0:0 " + time.getValue() + "}", only(tar));
        }
    }

    @Test
    void globalHeaderHoldsUntilALocalOneOverridesIt() throws Exception {
        byte[] tar = pax().pax('g', TarBytes.record("uid", "7") + TarBytes.record("SCHILY.xattr.user.g", "1"))
                .add(TarItem.of("a=1"))
                .pax('x', TarBytes.record("uid", "8") + TarBytes.record("SCHILY.xattr.user.l", "2"))
                .add(TarItem.of("b=1"))
                .pax('x', TarBytes.record("uid", ""))
                .add(TarItem.of("c=1"))
                .add(TarItem.of("d=1"))
                .end();

        Map<String, String> listing = MergedImage.ofTars(tar).fullListing();

        assertEquals("=1 0644 7:0 1600000000.000000000 user.g=1", listing.get("a"));
        assertEquals("=1 0644 8:0 1600000000.000000000 user.g=1 user.l=2", listing.get("b"));
        assertEquals("=1 0644 0:0 1600000000.000000000 user.g=1", listing.get("c"));
        assertEquals(listing.get("a"), listing.get("d"));
    }

    @Test
    void paxSizeOverridesTheHeader() throws Exception {
        byte[] tar = pax().pax('x', TarBytes.record("size", "3"))
                .header(TarItem.of("a"), 0)
                .data(TarBytes.bytes("123"))
                .add(TarItem.of("b=2"))
                .end();

        assertEquals(List.of("a=123", "b=2"), MergedImage.ofTars(tar).listing());
    }

    @Test
    void attributesKeepAnyBytes() throws Exception {
        String value = "\0\1\300\377\n= ";
        byte[] tar = TarBytes.of(TarBytes.Format.PAX, TarItem.of("a=1").xattr("security.capability", value));

        assertEquals("{a==1 0644 0:0 1600000000.000000000 security.capability=" + value + "}", only(tar));
    }

    @Test
    void attributesOfLibarchiveCountWhereThePlainFormIsMissing() throws Exception {
        byte[] tar = pax().pax(
                        'x',
                        TarBytes.record("LIBARCHIVE.xattr.user.a%20b+c", "AP8")
                                + TarBytes.record("LIBARCHIVE.xattr.user.x", "AAAA")
                                + TarBytes.record("SCHILY.xattr.user.x", "plain"))
                .add(TarItem.of("f=1"))
                .end();

        assertEquals("{f==1 0644 0:0 1600000000.000000000 user.a b+c=\0\377 user.x=plain}", only(tar));
    }

    @Test
    void attributesThatLinuxCannotHoldAreLeftOutAndCounted() throws Exception {
        byte[] tar = pax().pax(
                        'x',
                        TarBytes.record("SCHILY.xattr.user.big", "x".repeat(65_537))
                                + TarBytes.record("SCHILY.xattr.user." + "n".repeat(251), "x")
                                + TarBytes.record("SCHILY.xattr.user.\377", "x")
                                + TarBytes.record("SCHILY.xattr.", "x")
                                + TarBytes.record("SCHILY.acl.access", "user::rwx"))
                .add(TarItem.of("f=1"))
                .end();

        MergedImage image = MergedImage.ofTars(tar);

        assertEquals("=1 0644 0:0 1600000000.000000000", image.fullListing().get("f"));
        assertEquals(
                Map.of(Notice.XATTR_TOO_LARGE, 2L, Notice.XATTR_NAME_NOT_TEXT, 2L, Notice.ACL_AS_TEXT, 1L),
                image.report().notices());
    }

    @Test
    void malformedExtendedHeadersAreRefused() {
        for (String records : List.of(
                "x",
                "5 a=b",
                "6 a=b\nrest",
                "99999999999999999999 a=b\n",
                "4 =\n",
                "5 ab\n",
                "0 a=b\n",
                TarBytes.record("uid", "12x"),
                TarBytes.record("mtime", "."),
                TarBytes.record("mtime", "1.x"),
                TarBytes.record("path", "a\0b"),
                TarBytes.record("linkpath", "a\0b"),
                TarBytes.record("size", "-1"),
                TarBytes.record("size", "9223372036854775807"),
                TarBytes.record("LIBARCHIVE.xattr.user.a", "!"))) {
            byte[] tar = pax().pax('x', records).add(TarItem.of("f=1")).end();

            assertThrows(CorruptDataException.class, () -> MergedImage.ofTars(tar), records);
        }
    }

    @Test
    void extendedHeaderBeyondTheLimitIsRefusedUnread() {
        byte[] tar = pax().header(TarItem.base('x', "x"), TarReader.MAX_EXTENDED_HEADER + 1L)
                .end();

        assertCorrupt("where 1048576 are the limit", tar);
    }

    @Test
    void extendedHeaderWithoutAnEntryIsRefused() {
        assertCorrupt(
                "behind an extended header",
                pax().pax('x', TarBytes.record("uid", "1")).end());
        assertCorrupt(
                "behind an extended header",
                pax().header(TarItem.base('L', "x"), 3).data(new byte[3]).end());
    }

    @Test
    void unknownTypesAreLeftOutWithTheirContentAndCounted() throws Exception {
        byte[] tar = pax().add(TarItem.of("a=1"))
                .pax('x', TarBytes.record("path", "lost"))
                .header(TarItem.of("odd").type('Z'), 700)
                .data(new byte[700])
                .header(TarItem.of("label").type('V'), 0)
                .add(TarItem.of("b=2"))
                .end();

        MergedImage image = MergedImage.ofTars(tar);

        assertEquals(List.of("a=1", "b=2"), image.listing());
        assertEquals(
                Map.of(Notice.UNKNOWN_ENTRY_TYPE, 1L, Notice.VOLUME_LABEL, 1L),
                image.report().notices());
    }

    @Test
    void dumpDirectoryIsADirectory() throws Exception {
        byte[] tar = new TarBytes(TarBytes.Format.GNU)
                .header(TarItem.of("d/").type('D'), 600)
                .data(new byte[600])
                .add(TarItem.of("d/a=1"))
                .end();

        assertEquals(List.of("d/", "d/a=1"), MergedImage.ofTars(tar).listing());
    }

    @Test
    void streamIsReadToItsEndBehindTheEndMarker() throws Exception {
        byte[] tar = Arrays.copyOf(TarBytes.of(TarBytes.Format.PAX, TarItem.of("a=1")), 1 << 20);
        InputStream in = new ByteArrayInputStream(tar);
        Notices notices = new Notices();
        Budget budget = new Budget(MergedImage.SMALL_LIMITS);
        TarReader reader = new TarReader(in, "layer", MergedImage.SMALL_LIMITS, notices, new InternPool(budget));

        boolean first = reader.next().isPresent();
        boolean second = reader.next().isPresent();

        assertTrue(first && !second);
        assertEquals(0, in.available());
        assertEquals(Map.of(), notices.counts());
    }

    @Test
    void missingEndMarkerIsTold() throws Exception {
        byte[] whole = pax().add(TarItem.of("a=1")).toByteArray();
        byte[] unpadded = Arrays.copyOf(whole, whole.length - 511);
        for (byte[] tar : List.of(new byte[0], whole, unpadded)) {
            assertEquals(
                    Map.of(Notice.NO_END_MARKER, 1L),
                    MergedImage.ofTars(tar).report().notices());
        }
    }

    @Test
    void oneBlockOfZerosBetweenEntriesIsRefused() {
        byte[] tar = pax().add(TarItem.of("a=1"))
                .raw(new byte[512])
                .add(TarItem.of("b=1"))
                .end();

        assertCorrupt("one block of zeros", tar);
    }

    @Test
    void deviceNumbersBeyondLinuxAreRefused() {
        assertCorrupt("device number", TarBytes.of(TarBytes.Format.PAX, TarItem.of("c:4096,0")));
        assertCorrupt("device number", TarBytes.of(TarBytes.Format.PAX, TarItem.of("c:0,1048576")));
    }

    @Test
    void sparseFileOfVersion1IsExpanded() throws Exception {
        String records = TarBytes.record("GNU.sparse.major", "1")
                + TarBytes.record("GNU.sparse.minor", "0")
                + TarBytes.record("GNU.sparse.name", "real\377")
                + TarBytes.record("GNU.sparse.realsize", "12");
        byte[] map = Arrays.copyOf(TarBytes.bytes("2\n2\n3\n8\n1\n"), 512);
        byte[] tar = pax().pax('x', records)
                .header(TarItem.of("GNUSparseFile.0/real"), 512 + 4)
                .raw(map)
                .data(TarBytes.bytes("abcd"))
                .add(TarItem.of("z=1"))
                .end();

        assertEquals(
                List.of("real\377=\0\0abc\0\0\0d\0\0\0", "z=1"),
                MergedImage.ofTars(tar).listing());
    }

    @Test
    void sparseFilesOfVersion0AreExpanded() throws Exception {
        String pairs = TarBytes.record("GNU.sparse.size", "6")
                + TarBytes.record("GNU.sparse.numblocks", "2")
                + TarBytes.record("GNU.sparse.offset", "1")
                + TarBytes.record("GNU.sparse.numbytes", "2")
                + TarBytes.record("GNU.sparse.offset", "6")
                + TarBytes.record("GNU.sparse.numbytes", "0");
        String list = TarBytes.record("GNU.sparse.size", "6")
                + TarBytes.record("GNU.sparse.name", "a")
                + TarBytes.record("GNU.sparse.map", "1,2,6,0");
        for (String records : List.of(pairs, list)) {
            byte[] tar = pax().pax('x', records).add(TarItem.of("a=xy")).end();

            assertEquals(List.of("a=\0xy\0\0\0"), MergedImage.ofTars(tar).listing());
        }
    }

    @Test
    void malformedSparseMapsAreRefused() {
        for (String map : List.of(
                "1,2,2,1", "5,2", "0,1", "1", "-1,2", "1,-2", "1,x", "4611686018427387904,4611686018427387904")) {
            String records = TarBytes.record("GNU.sparse.size", "6") + TarBytes.record("GNU.sparse.map", map);
            byte[] tar = pax().pax('x', records).add(TarItem.of("a=xy")).end();

            assertThrows(CorruptDataException.class, () -> MergedImage.ofTars(tar), map);
        }
        for (String map : List.of("2000000\n", "1\n0\n", "x\n", "\n", "1\n0\n99999999999999999999\n")) {
            String records = TarBytes.record("GNU.sparse.major", "1") + TarBytes.record("GNU.sparse.realsize", "6");
            byte[] tar = pax().pax('x', records)
                    .header(TarItem.of("a"), 512)
                    .raw(Arrays.copyOf(TarBytes.bytes(map), 512))
                    .end();

            assertThrows(CorruptDataException.class, () -> MergedImage.ofTars(tar), map);
        }
    }
}
