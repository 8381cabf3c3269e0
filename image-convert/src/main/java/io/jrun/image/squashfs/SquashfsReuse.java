package io.jrun.image.squashfs;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.tree.ContentReuse;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.KnownContent;
import java.io.Closeable;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Contents of image files that this writer made before. Blocks are taken over as they are stored, so a description is of
 * use under the same codec, level and block size only. All numbers of a description are big-endian:
 *
 * <pre>
 * fragments    4 number, then for each: 8 position, 4 size word, 4 plain length, 32 SHA-256 of the stored bytes
 * contents     4 number, then for each: 1 kind and
 *   0 absent   nothing
 *   1 empty    nothing
 *   2 small    4 size, 32 SHA-256 of the plain bytes, 4 number of the fragment, 4 offset in the plain fragment
 *   3 blocks   8 size, 8 position, then for each block 4 size word and, unless that is 0, 32 SHA-256 of the stored bytes
 * </pre>
 */
final class SquashfsReuse implements ContentReuse, Closeable {

    private static final Logger log = LoggerFactory.getLogger(SquashfsReuse.class);

    /** Raised whenever contents come to lie in another order or other groups than before. */
    private static final int LAYOUT_VERSION = 2;

    private static final int ABSENT = 0;
    private static final int EMPTY = 1;
    private static final int SMALL = 2;
    private static final int BLOCKS = 3;

    /** As many size words as are read before their file is known to hold so many. */
    private static final int FIRST_BLOCKS = 1024;

    private final SquashfsOptions options;
    private final DataBlockWriter data;
    private final Earlier earlier;
    private final String dialect;
    private final Map<Path, Optional<EarlierImage>> images = new HashMap<>();
    private final IdentityHashMap<SquashfsImage, CheckedBlocks> openImages = new IdentityHashMap<>();

    /** Whether earlier files are looked at. */
    enum Earlier {
        USED,
        IGNORED
    }

    SquashfsReuse(SquashfsOptions options, DataBlockWriter data, Earlier earlier) {
        this.options = options;
        this.data = data;
        this.earlier = earlier;
        this.dialect = dialect(options.compression(), options.level(), options.blockSizeInBytes());
    }

    @Override
    public String dialect() {
        return dialect;
    }

    static String dialect(Compression compression, int level, int blockSizeInBytes) {
        return String.join(
                ", ",
                "squashfs layout " + LAYOUT_VERSION,
                compression.codec(),
                "Java " + Runtime.version(), // whose zlib has no version of its own
                "level " + level,
                "blocks of " + blockSizeInBytes);
    }

    @Override
    public void describe(List<Optional<FileContent>> contents, DataOutput to) throws IOException {
        IdentityHashMap<WrittenFragment, Integer> numbers = new IdentityHashMap<>();
        List<WrittenFragment> fragments = new ArrayList<>();
        for (Optional<FileContent> content : contents) {
            if (kind(content) == SMALL) {
                WrittenFragment fragment =
                        ((StoredContent) content.get()).location().writtenFragment();
                if (numbers.putIfAbsent(fragment, fragments.size()) == null) {
                    fragments.add(fragment);
                }
            }
        }
        to.writeInt(fragments.size());
        for (WrittenFragment fragment : fragments) {
            to.writeLong(fragment.position());
            to.writeInt(fragment.sizeWord());
            to.writeInt(fragment.plainLength());
            to.write(fragment.digest());
        }
        to.writeInt(contents.size());
        for (Optional<FileContent> content : contents) {
            int kind = kind(content);
            to.writeByte(kind);
            if (kind == SMALL) {
                StoredContent.Location location = ((StoredContent) content.get()).location();
                to.writeInt((int) content.get().sizeInBytes());
                location.key().write(to);
                to.writeInt(numbers.get(location.writtenFragment()));
                to.writeInt(location.offsetInFragment());
            } else if (kind == BLOCKS) {
                describeBlocks((StoredContent) content.get(), to);
            }
        }
    }

    private int kind(Optional<FileContent> content) {
        if (content.isEmpty()) {
            return ABSENT;
        }
        StoredContent stored = (StoredContent) content.get();
        if (stored.sizeInBytes() == 0) {
            return EMPTY;
        }
        if (stored.sizeInBytes() >= options.blockSizeInBytes()) {
            return BLOCKS;
        }
        return stored.location().writtenFragment().isOfWholeGroup() ? SMALL : ABSENT;
    }

    private static void describeBlocks(StoredContent content, DataOutput to) throws IOException {
        StoredContent.Location location = content.location();
        to.writeLong(content.sizeInBytes());
        to.writeLong(location.start());
        for (int i = 0; i < location.blocks(); i++) {
            to.writeInt(location.sizeWord(i));
            if (location.sizeWord(i) != 0) {
                to.write(location.blockDigests(), i * StoredPiece.DIGEST_LENGTH, StoredPiece.DIGEST_LENGTH);
            }
        }
    }

    @Override
    public Optional<List<Optional<KnownContent>>> open(Path file, DataInput description) throws IOException {
        Optional<EarlierImage> image = earlier == Earlier.USED ? image(file) : Optional.empty();
        return image.isPresent() ? Optional.of(new Reading(image.get(), description).read()) : Optional.empty();
    }

    private Optional<EarlierImage> image(Path file) {
        return images.computeIfAbsent(file, path -> {
            try {
                return Optional.of(EarlierImage.open(path));
            } catch (IOException unreadable) {
                log.debug("did not open {}", path, unreadable);
                return Optional.empty();
            }
        });
    }

    @Override
    public Optional<KnownContent> ofOpenFile(FileContent content, String codec, long level) {
        return content instanceof SquashfsContent open
                        && codec.equals(options.compression().codec())
                        && level == options.level()
                        && open.blockSizeInBytes() == options.blockSizeInBytes()
                        && liesInWholeBlocks(open)
                ? Optional.of(new OpenContent(
                        openImages.computeIfAbsent(open.image(), CheckedBlocks::new),
                        open.sizeInBytes(),
                        open.location()))
                : Optional.empty();
    }

    /** As this writer stores what is no shorter than a block: without a fragment, and smaller where it is compressed. */
    private static boolean liesInWholeBlocks(SquashfsContent content) {
        StoredContent.Location location = content.location();
        long left = content.sizeInBytes();
        for (int i = 0; i < location.blocks(); i++) {
            int word = location.sizeWord(i);
            int plain = (int) Math.min(content.blockSizeInBytes(), left);
            int stored = word & ~SquashfsFormat.DATA_STORED_UNCOMPRESSED;
            if (word != 0 && (stored > plain || Block.sizeWord(stored, plain) != word)) {
                return false;
            }
            left -= plain;
        }
        return content.sizeInBytes() >= content.blockSizeInBytes() && !content.hasFragment();
    }

    @Override
    public FileContent adopt(KnownContent content) throws IOException {
        return content instanceof OpenContent open ? data.copy(open) : data.adopt((EarlierContent) content);
    }

    /** Takes a description apart, believing nothing. */
    private final class Reading {

        private final EarlierImage image;
        private final DataInput in;
        private final int blockSize = options.blockSizeInBytes();
        private final List<EarlierFragment> fragments = new ArrayList<>();

        Reading(EarlierImage image, DataInput in) {
            this.image = image;
            this.in = in;
        }

        List<Optional<KnownContent>> read() throws IOException {
            int count = in.readInt();
            for (int i = 0; i < count; i++) {
                fragments.add(fragment());
            }
            int contents = in.readInt();
            List<Optional<KnownContent>> read = new ArrayList<>();
            for (int i = 0; i < contents; i++) {
                read.add(content());
            }
            return read;
        }

        private EarlierFragment fragment() throws IOException {
            long position = position();
            int word = in.readInt();
            int plain = in.readInt();
            int stored = sizeOf(word, plain);
            if (stored == 0 || plain < 1 || plain > blockSize) {
                throw malformed("a fragment block of " + plain + " bytes in " + stored);
            }
            return new EarlierFragment(position, word, plain, digest());
        }

        private long position() throws IOException {
            long position = in.readLong();
            if (position < SquashfsFormat.SUPERBLOCK_SIZE) {
                throw malformed("the position " + position);
            }
            return position;
        }

        /** A block that is not compressed has as many bytes as it holds, one that is has fewer. */
        private int sizeOf(int word, int plain) throws IOException {
            int stored = word & ~SquashfsFormat.DATA_STORED_UNCOMPRESSED;
            if (stored < 0 || stored > plain || (word != 0 && Block.sizeWord(stored, plain) != word)) {
                throw malformed("the size word " + word + " of a block of " + plain + " bytes");
            }
            return stored;
        }

        private byte[] digest() throws IOException {
            byte[] digest = new byte[StoredPiece.DIGEST_LENGTH];
            in.readFully(digest);
            return digest;
        }

        private Optional<KnownContent> content() throws IOException {
            int kind = in.readUnsignedByte();
            return switch (kind) {
                case ABSENT -> Optional.empty();
                case EMPTY -> Optional.of(new EarlierContent.Empty(image));
                case SMALL -> Optional.of(small());
                case BLOCKS -> Optional.of(blocks());
                default -> throw malformed("a content of kind " + kind);
            };
        }

        private EarlierContent small() throws IOException {
            int size = in.readInt();
            byte[] sha256 = digest();
            int number = in.readInt();
            int offset = in.readInt();
            if (size < 1 || size >= blockSize || number < 0 || number >= fragments.size()) {
                throw malformed("a content of " + size + " bytes in fragment " + number);
            }
            EarlierFragment fragment = fragments.get(number);
            if (offset < 0 || offset > fragment.plainLength() - size) {
                throw malformed("a content at " + offset + " of a fragment");
            }
            return new EarlierContent.Small(image, size, ContentKey.of(size, sha256), fragment, offset);
        }

        private EarlierContent blocks() throws IOException {
            long size = in.readLong();
            long start = position();
            if (size < blockSize || size / blockSize >= Integer.MAX_VALUE / StoredPiece.DIGEST_LENGTH) {
                throw malformed("a content of " + size + " bytes in blocks");
            }
            int count = (int) ((size + blockSize - 1) / blockSize);
            int[] words = new int[Math.min(count, FIRST_BLOCKS)];
            byte[] digests = new byte[words.length * StoredPiece.DIGEST_LENGTH];
            for (int i = 0; i < count; i++) {
                if (i == words.length) {
                    words = java.util.Arrays.copyOf(words, (int) Math.min(count, 2L * i));
                    digests = java.util.Arrays.copyOf(digests, words.length * StoredPiece.DIGEST_LENGTH);
                }
                words[i] = in.readInt();
                if (sizeOf(words[i], (int) Math.min(blockSize, size - (long) i * blockSize)) != 0) {
                    in.readFully(digests, i * StoredPiece.DIGEST_LENGTH, StoredPiece.DIGEST_LENGTH);
                }
            }
            return new EarlierContent.Blocks(image, size, start, words, digests);
        }

        private CorruptDataException malformed(String what) {
            return new CorruptDataException(
                    Failure.of("use a record of an image file", "it names what cannot be: " + what));
        }
    }

    @Override
    public void close() throws IOException {
        openImages.values().forEach(CheckedBlocks::close);
        for (Optional<EarlierImage> image : images.values()) {
            if (image.isPresent()) {
                image.get().close();
            }
        }
    }
}
