package io.jrun.image.convert;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.layer.KnownLayer;
import io.jrun.image.layer.LayerLog;
import io.jrun.image.layer.Notice;
import io.jrun.image.reference.Digest;
import io.jrun.image.squashfs.SquashfsWriter;
import io.jrun.image.tree.ContentReuse;
import io.jrun.image.tree.KnownContent;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What earlier imports noted of layers, so that another image with such a layer need neither fetch nor read it: its
 * entries, and where in an image file its contents lie, each with its digest. Records are hints. One that is damaged, not
 * this user's own, made by another jrun or under other options, or whose image file has gone or changed, is as good as none;
 * what is taken over from an image file is compared with the digests first. So records may be removed at any time.
 *
 * <p>A file is named {@code ALGORITHM-HEX.OPTIONS.PLACE}: the layer's diffID, 16 digits for all that decides the bytes, and 8
 * for the image file. All numbers in it are big-endian:
 *
 * <pre>
 *  8  "jrunlayr"
 *  4  version of this format
 *     image file: path as text (2 length, UTF-8), 8 size, 8 time of change in microseconds
 *     notices: 1 number, then for each its name as text and 8 count
 *  4  length of the entries, and these (see LayerLog)
 *     contents (see ContentReuse)
 * 32  SHA-256 of all before
 * </pre>
 */
public final class LayerRecords {

    private static final Logger log = LoggerFactory.getLogger(LayerRecords.class);

    private static final int VERSION = 1;

    /** Image files that a layer is remembered to lie in. */
    private static final int MAX_PLACES = 3;

    /** Far more than a layer of five million files takes. */
    private static final long MAX_SIZE_IN_BYTES = 1L << 30;

    /** Writing one takes seconds; clocks of file servers differ by minutes. */
    private static final Duration ABANDONED_AGE = Duration.ofHours(1);

    private final Path directory;
    private final String jrunVersion;

    /**
     * @param directory need not exist
     * @param jrunVersion of which records are read, since another one may choose other bytes
     */
    public LayerRecords(Path directory, String jrunVersion) {
        this.directory = directory;
        this.jrunVersion = jrunVersion;
    }

    private String options(String dialect) {
        byte[] text = (VERSION + "\n" + jrunVersion + "\n" + dialect).getBytes(StandardCharsets.UTF_8);
        return Digest.sha256(text).hex().substring(0, 16);
    }

    private String prefix(Digest diffId, String dialect) {
        return diffId.algorithm().prefix() + "-" + diffId.hex() + "." + options(dialect) + ".";
    }

    /** Whether {@link #find} will have something for a result of this form, as far as that shows without reading records. */
    boolean know(Digest diffId, OutputFormat format) {
        if (!(format instanceof OutputFormat.Squashfs squashfs)) {
            return false;
        }
        String dialect = SquashfsWriter.dialect(squashfs.compression(), squashfs.level(), squashfs.blockSizeInBytes());
        for (Path file : files(prefix(diffId, dialect))) {
            try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
                if (OwnFile.isOwn(file) && namesUnchangedImage(in).isPresent()) {
                    return true;
                }
            } catch (IOException unusable) {
                log.debug("will not use {}", file, unusable);
            }
        }
        return false;
    }

    /** Reads the beginning of a record; the image file it names, unless that has gone or changed. */
    private static Optional<Path> namesUnchangedImage(DataInputStream record) throws IOException {
        LayerRecordFile.readMagic(record, VERSION);
        Path image = Path.of(record.readUTF());
        long size = record.readLong();
        long micros = record.readLong();
        return isUnchanged(image, size, micros) ? Optional.of(image) : Optional.empty();
    }

    /** What is known of a layer, the latest first. */
    List<KnownLayer> find(Digest diffId, ContentReuse reuse) {
        List<KnownLayer> found = new ArrayList<>();
        for (Path file : files(prefix(diffId, reuse.dialect()))) {
            try {
                read(file, reuse).ifPresent(found::add);
            } catch (IOException unusable) {
                log.debug("did not use {}", file, unusable);
            }
        }
        return found;
    }

    private List<Path> files(String prefix) {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> listing = Files.newDirectoryStream(directory, prefix + "????????")) {
            listing.forEach(files::add);
        } catch (NoSuchFileException none) {
            return files;
        } catch (IOException | DirectoryIteratorException unreadable) {
            log.debug("did not look into {}", directory, unreadable);
        }
        files.sort(Comparator.comparing(LayerRecords::changed).reversed());
        return files;
    }

    private static long changed(Path file) {
        return file.toFile().lastModified();
    }

    private Optional<KnownLayer> read(Path file, ContentReuse reuse) throws IOException {
        if (!OwnFile.isOwn(file)) {
            return Optional.empty();
        }
        byte[] bytes = bytes(file);
        DataInputStream in = new DataInputStream(
                new ByteArrayInputStream(bytes, 0, LayerRecordFile.checkedLength(bytes, file.toString())));
        Optional<Path> image = namesUnchangedImage(in);
        if (image.isEmpty()) {
            return Optional.empty();
        }
        Map<Notice, Long> notices = notices(in);
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new CorruptDataException(Failure.of("use " + file, "it ends inside the entries of its layer"));
        }
        byte[] entries = in.readNBytes(length);
        Optional<List<Optional<KnownContent>>> contents = reuse.open(image.get(), in);
        return contents.isPresent() ? Optional.of(new KnownLayer(entries, contents.get(), notices)) : Optional.empty();
    }

    private static byte[] bytes(Path file) throws IOException {
        if (Files.size(file) > MAX_SIZE_IN_BYTES) {
            throw new CorruptDataException(Failure.of("use " + file, "it is larger than any record of a layer"));
        }
        return Files.readAllBytes(file);
    }

    private static Map<Notice, Long> notices(DataInputStream in) throws IOException {
        Map<Notice, Long> notices = new EnumMap<>(Notice.class);
        int count = in.readUnsignedByte();
        for (int i = 0; i < count; i++) {
            String name = in.readUTF();
            long times = in.readLong();
            try {
                notices.put(Notice.valueOf(name), times);
            } catch (IllegalArgumentException unknown) {
                throw new CorruptDataException(
                        Failure.of("use a record of a layer", "it names the unknown notice " + name), unknown);
            }
        }
        return notices;
    }

    private static boolean isUnchanged(Path image, long size, long micros) {
        try {
            BasicFileAttributes facts = Files.readAttributes(image, BasicFileAttributes.class);
            return facts.isRegularFile() && facts.size() == size && micros(facts) == micros;
        } catch (IOException gone) {
            log.debug("did not find {}", image, gone);
            return false;
        }
    }

    private static long micros(BasicFileAttributes facts) {
        return facts.lastModifiedTime().to(java.util.concurrent.TimeUnit.MICROSECONDS);
    }

    /** Notes a layer whose contents lie in {@code image}, in place of what was noted of the two. Failures change nothing. */
    void write(Digest diffId, LayerLog layer, ContentReuse reuse, Path image) {
        try {
            Path real = image.toRealPath();
            String prefix = prefix(diffId, reuse.dialect());
            String place = Digest.sha256(real.toString().getBytes(StandardCharsets.UTF_8))
                    .hex()
                    .substring(0, 8);
            OwnFile.makeDirectory(directory);
            LayerRecordFile.write(directory.resolve(prefix + place), out -> describe(layer, reuse, real, out));
            forgetAllBut(MAX_PLACES, prefix);
            removeAbandoned();
        } catch (IOException | RuntimeException notNoted) {
            log.debug("did not note {}", diffId, notNoted);
        }
    }

    private static void describe(LayerLog layer, ContentReuse reuse, Path image, DataOutputStream out)
            throws IOException {
        LayerRecordFile.writeMagic(out, VERSION);
        BasicFileAttributes facts = Files.readAttributes(image, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        out.writeUTF(image.toString());
        out.writeLong(facts.size());
        out.writeLong(micros(facts));
        out.writeByte(layer.notices().size());
        for (Map.Entry<Notice, Long> notice : layer.notices().entrySet()) {
            out.writeUTF(notice.getKey().name());
            out.writeLong(notice.getValue());
        }
        byte[] entries = layer.entries();
        out.writeInt(entries.length);
        out.write(entries);
        reuse.describe(layer.contents(), out);
    }

    /** What imports left that were killed while they wrote a record. */
    private void removeAbandoned() throws IOException {
        for (Path part : abandonedIn(directory)) {
            Files.deleteIfExists(part);
        }
    }

    /** Records in a directory that nobody will complete; none where it cannot be read. */
    public static List<Path> abandonedIn(Path directory) {
        List<Path> parts = new ArrayList<>();
        try (DirectoryStream<Path> listing = Files.newDirectoryStream(directory, "*" + LayerRecordFile.PART_SUFFIX)) {
            listing.forEach(parts::add);
        } catch (IOException | DirectoryIteratorException unreadable) {
            log.debug("did not look into {}", directory, unreadable);
        }
        long longAgo = System.currentTimeMillis() - ABANDONED_AGE.toMillis();
        // 0 is of one that has gone meanwhile.
        parts.removeIf(part -> changed(part) >= longAgo || changed(part) == 0);
        return parts;
    }

    private void forgetAllBut(int places, String prefix) throws IOException {
        List<Path> files = files(prefix);
        for (Path file : files.subList(Math.min(places, files.size()), files.size())) {
            Files.deleteIfExists(file);
        }
    }
}
