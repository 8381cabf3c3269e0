package io.jrun.image.squashfs;

import io.jrun.image.tree.FileContent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * Contents to be read by one thread in one go, because they share a fragment block or follow each other in the file.
 * The pieces of a plan cover every part of every content once.
 *
 * @param storedPosition where it begins in the image file
 * @param parts in the order in which to read them
 */
public record ContentPiece(long storedPosition, List<Part> parts) {

    /** Plain bytes after which a piece ends: some pieces per thread, and each much more work than handing it out. */
    private static final long PIECE_BYTES = 4L * 1024 * 1024;

    public ContentPiece {
        parts = List.copyOf(parts);
    }

    /**
     * Consecutive blocks of one content.
     *
     * @param index of the content in the list that was planned
     * @param position of the first block in the image file
     * @param parts into how many parts the whole content is cut
     */
    public record Part(int index, FileContent file, int firstBlock, int endBlock, long position, int parts) {

        /** Of the contents, holes among them. */
        public long plainBytes() {
            long blockSize = content().blockSizeInBytes();
            return Math.min(file.sizeInBytes(), endBlock * blockSize) - firstBlock * blockSize;
        }

        SquashfsContent content() {
            return (SquashfsContent) file;
        }
    }

    /**
     * Plans the reading of contents that came from one image; empty ones have no part.
     *
     * @return by position in the file, so that the disk is read forward
     */
    static List<ContentPiece> plan(SquashfsImage image, List<? extends FileContent> contents)
            throws java.io.IOException {
        List<Part> large = new ArrayList<>();
        TreeMap<Long, List<Part>> byFragment = new TreeMap<>();
        for (int i = 0; i < contents.size(); i++) {
            SquashfsContent content = (SquashfsContent) contents.get(i);
            if (content.isInFragmentAlone()) {
                byFragment
                        .computeIfAbsent(content.location().fragment(), n -> new ArrayList<>())
                        .add(new Part(i, content, 0, 1, 0, 1));
            } else if (content.sizeInBytes() > 0) {
                cut(i, content, image.superblock().blockSize(), large);
            }
        }
        List<ContentPiece> pieces = joined(large, image.superblock().blockSize());
        for (var entry : byFragment.entrySet()) {
            List<Part> parts = entry.getValue();
            parts.sort(Comparator.comparingInt(part -> part.content().location().offsetInFragment()));
            pieces.add(new ContentPiece(image.fragment(entry.getKey()).position(), parts));
        }
        pieces.sort(Comparator.comparingLong(ContentPiece::storedPosition));
        return pieces;
    }

    private static void cut(int index, SquashfsContent content, int blockSize, List<Part> into) {
        int blocks = ContentReader.parts(content);
        int perPart = (int) Math.max(1, PIECE_BYTES / blockSize);
        // One part more than needed for its bytes is not worth a shared descriptor.
        int count = blocks <= 2 * perPart ? 1 : (blocks + perPart - 1) / perPart;
        int length = count == 1 ? blocks : perPart;
        long position = content.location().start();
        for (int first = 0; first < blocks; first += length) {
            int end = Math.min(blocks, first + length);
            into.add(new Part(index, content, first, end, position, count));
            for (int block = first; block < Math.min(end, content.location().blocks()); block++) {
                position += content.location().sizeWord(block) & ~SquashfsFormat.DATA_STORED_UNCOMPRESSED;
            }
        }
    }

    private static List<ContentPiece> joined(List<Part> parts, int blockSize) {
        parts.sort(Comparator.comparingLong(Part::position));
        List<ContentPiece> pieces = new ArrayList<>();
        List<Part> open = new ArrayList<>();
        long bytes = 0;
        for (Part part : parts) {
            open.add(part);
            bytes += (long) (part.endBlock() - part.firstBlock()) * blockSize;
            if (bytes >= PIECE_BYTES) {
                pieces.add(new ContentPiece(open.get(0).position(), open));
                open = new ArrayList<>();
                bytes = 0;
            }
        }
        if (!open.isEmpty()) {
            pieces.add(new ContentPiece(open.get(0).position(), open));
        }
        return pieces;
    }
}
