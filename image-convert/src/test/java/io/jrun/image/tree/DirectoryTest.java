package io.jrun.image.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class DirectoryTest {

    private static final Metadata METADATA = new Metadata(0755, 0, 0, 0, 0, Xattrs.NONE);

    private static Map<EntryName, FileNode> fifos(byte[]... names) {
        Map<EntryName, FileNode> children = new HashMap<>();
        for (byte[] name : names) {
            children.put(EntryName.of(name), new FileNode.Fifo(METADATA));
        }
        return children;
    }

    private static SortedMap<EntryName, FileNode> children(byte[]... names) {
        return new FileNode.Directory(METADATA, fifos(names)).children();
    }

    private static byte[] name(int... bytes) {
        byte[] name = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            name[i] = (byte) bytes[i];
        }
        return name;
    }

    @Test
    void childrenStandInAscendingOrderOfUnsignedBytes() {
        SortedMap<EntryName, FileNode> children = children(name(0xff), name('b'), name('a', 'z'), name('a'));

        assertEquals(
                List.of("a", "az", "b", "\\xff"),
                children.keySet().stream().map(EntryName::toString).toList());
        assertEquals("a", children.firstKey().toString());
        assertEquals("\\xff", children.lastKey().toString());
    }

    @Test
    void childrenEqualASortedMapInAllItsViews() {
        Map<EntryName, FileNode> source = fifos(name('a'), name('c'), name('e'), name('g'));
        TreeMap<EntryName, FileNode> expected = new TreeMap<>(source);
        SortedMap<EntryName, FileNode> found = new FileNode.Directory(METADATA, source).children();

        assertEquals(expected, found);
        for (String from : List.of("a", "b", "g", "h")) {
            EntryName key = EntryName.of(from);
            assertEquals(expected.headMap(key), found.headMap(key), from);
            assertEquals(expected.tailMap(key), found.tailMap(key), from);
            assertEquals(expected.get(key), found.get(key), from);
            assertEquals(expected.containsKey(key), found.containsKey(key), from);
        }
        EntryName b = EntryName.of("b");
        EntryName f = EntryName.of("f");
        assertEquals(expected.subMap(b, f), found.subMap(b, f));
        assertThrows(IllegalArgumentException.class, () -> found.subMap(f, b));
    }

    @Test
    void childrenCannotBeChanged() {
        SortedMap<EntryName, FileNode> children = children(name('a'));

        assertThrows(
                UnsupportedOperationException.class,
                () -> children.put(EntryName.of("b"), new FileNode.Fifo(METADATA)));
        assertThrows(UnsupportedOperationException.class, () -> children.remove(EntryName.of("a")));
        assertThrows(UnsupportedOperationException.class, () -> children.clear());
    }

    @Test
    void laterChangesOfTheGivenMapDoNotShow() {
        Map<EntryName, FileNode> source = fifos(name('a'));
        FileNode.Directory directory = new FileNode.Directory(METADATA, source);

        source.clear();

        assertEquals(1, directory.children().size());
    }

    @Test
    void emptyDirectoryHasNoFirstName() {
        assertTrue(children().isEmpty());
        assertThrows(java.util.NoSuchElementException.class, () -> children().firstKey());
    }

    @Test
    void descendantFollowsPlainNames() {
        FileNode.Fifo fifo = new FileNode.Fifo(METADATA);
        FileNode.Directory inner = new FileNode.Directory(METADATA, Map.of(EntryName.of("f"), fifo));
        FileNode.Directory root = new FileNode.Directory(METADATA, Map.of(EntryName.of("d"), inner));

        assertSame(fifo, root.descendant("d/f").orElseThrow());
        assertFalse(root.descendant("d/f/x").isPresent());
    }

    @Test
    void namesAreComparedWithPartsOfArrays() {
        byte[] path = {'u', 's', 'r', '/', 'l', 'i', 'b'};

        assertEquals(EntryName.of("lib"), EntryName.of(path, 4, 7));
        assertTrue(EntryName.of("usr").matches(path, 0, 3));
        assertFalse(EntryName.of("usr").matches(path, 0, 2));
        assertThrows(IllegalArgumentException.class, () -> EntryName.of(path, 0, 7));
    }
}
