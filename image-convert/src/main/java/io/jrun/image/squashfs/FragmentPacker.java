package io.jrun.image.squashfs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Packs files shorter than a block into fragment blocks, equal ones once. Fragment blocks come in groups, from one border
 * to the next: those of a group begin with a block of their own, and are written together behind the blocks of large
 * files that came before the border. So where they lie and what they hold depends on the contents of the group and on
 * which of them are known already, and on nothing else; and compression of fragments runs beside everything else. Used by
 * the one thread that keeps the order, between whole files.
 *
 * <p>Files of an earlier image file are kept back until the border, when it shows whether a fragment block of that file
 * would come out the same here: then it is taken over as it is, else it is unpacked.
 *
 * <p>Memory: two groups, of at most {@value #GROUP_BYTES} bytes each.
 */
final class FragmentPacker implements AutoCloseable {

    /** A group that grows beyond this ends without a border. */
    private static final int GROUP_BYTES = 16 * 1024 * 1024;

    private final Compression compression;
    private final int blockSize;
    private final int maxBlocksOfGroup;
    private final CompressionPool pool;
    private final ImageOutput out;
    private final FragmentTable table = new FragmentTable();
    private final Map<ContentKey, StoredContent.Location> known = new HashMap<>();

    /** Of the group that has ended last: to be written before anything else is. */
    private final Deque<Block.Fragment> due = new ArrayDeque<>();

    private final Deque<Block.Fragment> group = new ArrayDeque<>();
    private final Deque<ByteBuffer> spare = new ArrayDeque<>();
    private final List<Block.SmallEarlierFile> adopted = new ArrayList<>();

    /** Null where no block is begun. */
    private Block.Fragment current;

    /** Null until it is needed. */
    private EarlierImage.PlainFragments plainFragments;

    private int begun;
    private boolean groupWasCut;

    FragmentPacker(Compression compression, int blockSize, CompressionPool pool, ImageOutput out) {
        this.compression = compression;
        this.blockSize = blockSize;
        this.maxBlocksOfGroup = GROUP_BYTES / blockSize;
        this.pool = pool;
        this.out = out;
    }

    FragmentTable table() {
        return table;
    }

    void pack(Block.SmallFiles files) throws IOException, InterruptedException {
        placeAdopted(false);
        int from = 0;
        for (int i = 0; i < files.contents.size(); i++) {
            StoredContent content = files.contents.get(i);
            int size = (int) content.sizeInBytes();
            StoredContent.Location location = known.get(files.keys.get(i));
            if (location == null) {
                location = append(files.bytes, from, size, files.keys.get(i));
            }
            content.locate(location);
            from += size;
        }
    }

    /** It gets its place at the border. */
    void adopt(Block.SmallEarlierFile file) {
        adopted.add(file);
    }

    private void placeAdopted(boolean groupEnds) throws IOException, InterruptedException {
        if (adopted.isEmpty()) {
            return;
        }
        List<EarlierContent.Small> missing = new ArrayList<>();
        Set<ContentKey> coming = new HashSet<>();
        for (Block.SmallEarlierFile file : adopted) {
            ContentKey key = file.earlier.key();
            if (!known.containsKey(key) && coming.add(key)) {
                missing.add(file.earlier);
            }
        }
        place(missing, groupEnds);
        for (Block.SmallEarlierFile file : adopted) {
            file.content.locate(known.get(file.earlier.key()));
        }
        adopted.clear();
    }

    private void place(List<EarlierContent.Small> files, boolean groupEnds) throws IOException, InterruptedException {
        int i = 0;
        while (i < files.size()) {
            EarlierContent.Small file = files.get(i);
            closeUnlessFits((int) file.sizeInBytes());
            int count = current == null ? countInSameBlock(files, i, groupEnds) : 0;
            if (count > 0) {
                takeOver(files.subList(i, i + count));
                i += count;
            } else {
                ByteBuffer plain = plainFragments().of(file.image(), file.fragment());
                append(plain, file.offset(), (int) file.sizeInBytes(), file.key());
                i++;
            }
        }
    }

    /**
     * How many files from {@code from} on make up the fragment block they lie in, and would make up the next block here
     * too; 0 when they do not.
     */
    private int countInSameBlock(List<EarlierContent.Small> files, int from, boolean groupEnds) {
        EarlierFragment fragment = files.get(from).fragment();
        int to = from;
        long length = 0;
        while (to < files.size()
                && files.get(to).fragment() == fragment
                && files.get(to).offset() == length) {
            length += files.get(to).sizeInBytes();
            to++;
        }
        boolean closedHere = to < files.size() ? length + files.get(to).sizeInBytes() > blockSize : groupEnds;
        return closedHere && length == fragment.plainLength() ? to - from : 0;
    }

    private void takeOver(List<EarlierContent.Small> files) throws IOException, InterruptedException {
        EarlierFragment fragment = files.get(0).fragment();
        Block.Fragment block = new Block.EarlierFragmentBlock(
                buffer(), new WrittenFragment(begun++), files.get(0).image(), fragment);
        for (EarlierContent.Small file : files) {
            known.put(file.key(), StoredContent.Location.inFragment(block.place, file.offset(), file.key()));
        }
        submit(block);
    }

    private EarlierImage.PlainFragments plainFragments() {
        if (plainFragments == null) {
            plainFragments = new EarlierImage.PlainFragments(compression, blockSize);
        }
        return plainFragments;
    }

    private StoredContent.Location append(ByteBuffer bytes, int from, int size, ContentKey key)
            throws IOException, InterruptedException {
        closeUnlessFits(size);
        if (current == null) {
            current = new Block.Fragment(buffer(), new WrittenFragment(begun++));
        }
        int offset = current.length;
        current.bytes.put(offset, bytes, from, size);
        current.length += size;
        StoredContent.Location location = StoredContent.Location.inFragment(current.place, offset, key);
        known.put(key, location);
        return location;
    }

    private ByteBuffer buffer() {
        return spare.isEmpty() ? ByteBuffer.allocateDirect(blockSize) : spare.pop();
    }

    private void closeUnlessFits(int size) throws IOException, InterruptedException {
        if (current != null && current.length + size > blockSize) {
            closeCurrent();
        }
    }

    private void closeCurrent() throws IOException, InterruptedException {
        Block.Fragment closed = current;
        current = null;
        submit(closed);
    }

    private void submit(Block.Fragment block) throws IOException, InterruptedException {
        if (group.size() == maxBlocksOfGroup) {
            groupWasCut = true;
            endGroup();
        }
        if (groupWasCut) {
            block.place.markDisplaced();
        }
        pool.submit(block);
        group.add(block);
    }

    private void endGroup() throws IOException, InterruptedException {
        writeDue();
        if (groupWasCut) {
            group.forEach(block -> block.place.markDisplaced());
        }
        due.addAll(group);
        group.clear();
    }

    /** See {@link io.jrun.image.tree.ContentStore#border}. */
    void border() throws IOException, InterruptedException {
        placeAdopted(true);
        if (current != null) {
            closeCurrent();
        }
        endGroup();
        groupWasCut = false;
    }

    /** To be called before anything else is written. */
    void writeDue() throws IOException, InterruptedException {
        while (!due.isEmpty()) {
            write(due.remove());
        }
    }

    private void write(Block.Fragment fragment) throws IOException, InterruptedException {
        pool.await(fragment);
        int sizeWord = Block.sizeWord(fragment.storedLength, fragment.length);
        fragment.place.written(out.position(), sizeWord, fragment.length, fragment.digest);
        table.add(out.position(), sizeWord);
        out.write(fragment.bytes, fragment.storedLength);
        spare.push(fragment.bytes);
    }

    /** Writes all that is left. */
    void finish() throws IOException, InterruptedException {
        border();
        writeDue();
    }

    @Override
    public void close() {
        if (plainFragments != null) {
            plainFragments.close();
            plainFragments = null;
        }
    }
}
