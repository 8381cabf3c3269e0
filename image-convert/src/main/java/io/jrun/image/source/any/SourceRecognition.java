package io.jrun.image.source.any;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.image.blob.ArchiveDecompression;
import io.jrun.image.blob.OutputLimit;
import io.jrun.image.reference.ManifestChoice;
import io.jrun.image.reference.SourceFile;
import io.jrun.image.reference.SourceReference;
import io.jrun.image.source.layout.LayoutSource;
import io.jrun.image.source.member.ArchiveReader;
import io.jrun.image.source.member.LocalFile;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Tells what a file or directory is by its content: squashfs and SIF by their magic, an archive of layers by the name of its first
 * member, every other tar file as a root filesystem, a directory with {@code oci-layout} in it as a layout.
 */
public final class SourceRecognition {

    /** More than any decompressor wants for the first header. */
    private static final int LOOK_AHEAD = 4 << 20;

    private static final int SIF_MAGIC_AT = 32;

    /** Of the longest, which begins behind other bytes. */
    private static final int MAGIC_SIZE = SIF_MAGIC_AT + 10;

    /**
     * What {@code docker save}, skopeo, Podman, buildah and containerd begin their archives with: no root filesystem has
     * such files at its top.
     */
    private static final Pattern FIRST_MEMBER_OF_LAYERS = Pattern.compile(
            "(?:\\./)?(?:oci-layout|index\\.json|manifest\\.json|repositories|blobs/?|blobs/.*|[0-9a-f]{64}(?:/.*|\\.json|\\.tar)?)");

    private SourceRecognition() {}

    /** The same source with its kind known; what is known already is returned as it is, and nothing is looked at. */
    public static SourceReference recognise(SourceReference source, StandardInput input) throws IOException {
        if (!(source instanceof SourceReference.Unrecognised unknown)) {
            return source;
        }
        if (unknown.file() instanceof SourceFile.Named file) {
            return named(file);
        }
        InputStream in = input.stream();
        in.mark(LOOK_AHEAD);
        SourceReference known = ofContent(unknown.file(), in);
        in.reset();
        if (known instanceof SourceReference.SquashfsFile) {
            throw new UsageException(
                    Failure.of("import -", "a squashfs file is read at many places, and standard input passes once")
                            .hint("write it to a file and import that"));
        }
        return known;
    }

    private static SourceReference named(SourceFile.Named file) throws IOException {
        Path path = file.path();
        if (Files.isDirectory(path)) {
            return Files.exists(path.resolve(LayoutSource.LAYOUT_FILE))
                    ? new SourceReference.OciLayout(path, new ManifestChoice.Only())
                    : new SourceReference.RootfsDirectory(path);
        }
        if (!Files.exists(path)) {
            Failure absent = Failure.of("import " + path, "no such file or directory (ENOENT)");
            boolean onlySuffix = !path.isAbsolute() && !path.startsWith(".") && !path.startsWith("..");
            throw new NotFoundException(
                    onlySuffix ? absent.hint("if you mean an image in a registry, write docker://" + path) : absent);
        }
        if (!Files.isRegularFile(path)) {
            throw new UsageException(Failure.of("import " + path, "it is a pipe or device, which can be read only once")
                    .hint("say what comes: docker-archive:" + path + ", oci-archive:" + path + " or tar:" + path));
        }
        try (InputStream in = new BufferedInputStream(LocalFile.open(path))) {
            in.mark(LOOK_AHEAD);
            return ofContent(file, in);
        }
    }

    /** @param in with mark set at its first byte */
    private static SourceReference ofContent(SourceFile file, InputStream in) throws IOException {
        byte[] start = in.readNBytes(MAGIC_SIZE);
        in.reset();
        if (start.length == 0) {
            Failure empty = Failure.of("import " + file, "it is empty");
            throw new CorruptDataException(
                    file instanceof SourceFile.StandardInput
                            ? empty.hint("did the program before the pipe fail?")
                            : empty);
        }
        refuseWhatCameInstead(file, new String(start, StandardCharsets.ISO_8859_1));
        if (isSquashfs(start)) {
            return new SourceReference.SquashfsFile(
                    file instanceof SourceFile.Named named ? named.path() : Path.of(file.toString()));
        }
        Optional<ArchiveReader.Entry> first = firstMember(file, in);
        boolean layers = first.isPresent()
                && FIRST_MEMBER_OF_LAYERS.matcher(first.get().name()).matches();
        return layers ? new SourceReference.ImageArchive(file) : new SourceReference.RootfsTar(file);
    }

    /** What a download leaves that did not get the file itself. */
    private static void refuseWhatCameInstead(SourceFile file, String start) throws CorruptDataException {
        String text = start.stripLeading().toLowerCase(Locale.ROOT);
        if (text.startsWith("<!doctype html") || text.startsWith("<html")) {
            throw new CorruptDataException(Failure.of("import " + file, "it is a web page")
                    .hint("the download may have needed a login; look into the page, and fetch the file again"));
        }
        if (text.startsWith("version https://git-lfs")) {
            throw new CorruptDataException(Failure.of("import " + file, "it is a pointer of Git LFS, not the file")
                    .hint("git lfs pull"));
        }
    }

    /**
     * Also the SIF files of Apptainer, which hold one. Source: Documentation/filesystems/squashfs.rst of Linux; "hsqs" is the
     * magic number in little-endian order. Singularity Image Format, version 01.
     */
    private static boolean isSquashfs(byte[] start) {
        String text = new String(start, StandardCharsets.ISO_8859_1);
        return text.startsWith("hsqs") || text.startsWith("SIF_MAGIC\0", SIF_MAGIC_AT);
    }

    /** The first that is not the top itself, which some archivers write as {@code ./}. */
    private static Optional<ArchiveReader.Entry> firstMember(SourceFile file, InputStream in) throws IOException {
        String what = file.toString();
        InputStream beginning = new Beginning(in, LOOK_AHEAD);
        try (InputStream tar = ArchiveDecompression.open(
                beginning, 0, new OutputLimit(LOOK_AHEAD, "say what it is: tar:" + what), what)) {
            ArchiveReader reader = new ArchiveReader(tar, what);
            Optional<ArchiveReader.Entry> entry = reader.next();
            while (entry.isPresent()
                    && (entry.get().name().equals("./") || entry.get().name().equals("."))) {
                entry = reader.next();
            }
            return entry;
        } catch (CorruptDataException e) {
            throw new CorruptDataException(
                    Failure.of(
                                    "import " + what,
                                    "it is neither a squashfs file nor a tar file: "
                                            + e.failure().why())
                            .hint("if you mean an image in a registry, write docker://NAME"),
                    e);
        }
    }

    /** Ends early and leaves the stream below open. */
    private static final class Beginning extends FilterInputStream {

        private int left;

        Beginning(InputStream in, int length) {
            super(in);
            this.left = length;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int count = super.read(bytes, offset, Math.min(left, length));
            left -= Math.max(count, 0);
            return count;
        }

        @Override
        public long skip(long count) throws IOException {
            long skipped = super.skip(Math.min(left, count));
            left -= (int) skipped;
            return skipped;
        }

        @Override
        public boolean markSupported() {
            return false;
        }

        @Override
        public void close() {
            // It belongs to somebody else.
        }
    }
}
