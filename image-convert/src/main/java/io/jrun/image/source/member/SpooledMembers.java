package io.jrun.image.source.member;

import io.jrun.error.Failure;
import io.jrun.error.StorageException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.reference.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The members of a tar stream that passes once. Documents stay in memory; what may be a layer goes to the blob store under
 * its digest, where the next import of the same layer finds it.
 */
public final class SpooledMembers implements MemberStore {

    /** Manifests and configs are smaller; a layer of that size is not worth a file. */
    private static final int MAX_DOCUMENT_SIZE_IN_BYTES = 1 << 20;

    /** Together; beyond that small members are stored like large ones. */
    private static final long MAX_DOCUMENTS_SIZE_IN_BYTES = 64L << 20;

    /** A member that is called by its digest, in a layout or in an archive of skopeo or Podman. */
    private static final Pattern NAMED_BY_DIGEST =
            Pattern.compile("(?:\\./)?(?:blobs/sha256/)?([0-9a-f]{64})(?:\\.tar)?");

    private final String name;
    private final BlobStore store;
    private final MemberIndex index;
    private long documentsSizeInBytes;

    private SpooledMembers(String name, BlobStore store) {
        this.name = name;
        this.store = store;
        this.index = new MemberIndex(name);
    }

    /**
     * Reads the stream to its end; the caller closes it.
     *
     * @param name of the archive, for messages
     */
    public static SpooledMembers read(InputStream tar, String name, BlobStore store) throws IOException {
        SpooledMembers members = new SpooledMembers(name, store);
        ArchiveReader reader = new ArchiveReader(tar, name);
        Optional<ArchiveReader.Entry> next = reader.next();
        while (next.isPresent()) {
            members.add(next.get(), reader.content(next.get()));
            next = reader.next();
        }
        // To the end, so that a checksum behind the last member has its say, and a writer meets no broken pipe.
        tar.transferTo(java.io.OutputStream.nullOutputStream());
        return members;
    }

    private void add(ArchiveReader.Entry entry, InputStream content) throws IOException {
        switch (entry.kind()) {
            case FILE -> index.putFile(entry.name(), keep(entry, content));
            case HARD_LINK -> index.putHardLink(entry.name(), entry.linkTarget());
            case SYMBOLIC_LINK -> index.putSymbolicLink(entry.name(), entry.linkTarget());
            case OTHER -> {} // directories lead nowhere by themselves
        }
    }

    private Member keep(ArchiveReader.Entry entry, InputStream content) throws IOException {
        long size = entry.sizeInBytes();
        if (size <= MAX_DOCUMENT_SIZE_IN_BYTES && documentsSizeInBytes + size <= MAX_DOCUMENTS_SIZE_IN_BYTES) {
            documentsSizeInBytes += size;
            return new Document(content.readAllBytes());
        }
        Matcher digest = NAMED_BY_DIGEST.matcher(entry.name());
        if (digest.matches()) {
            Digest promised = new Digest(Digest.Algorithm.SHA256, digest.group(1));
            if (store.contains(promised, size)) {
                return new Blob(promised, size);
            }
        }
        return new Blob(store.put(content, entry.name() + " of " + name), size);
    }

    @Override
    public Optional<Member> find(String member) throws IOException {
        return index.find(member);
    }

    @Override
    public String name() {
        return name;
    }

    private static final class Document implements Member {

        private final byte[] bytes;

        Document(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public long sizeInBytes() {
            return bytes.length;
        }

        @Override
        public InputStream open() {
            return new ByteArrayInputStream(bytes);
        }
    }

    private final class Blob implements Member {

        private final Digest digest;
        private final long sizeInBytes;

        Blob(Digest digest, long sizeInBytes) {
            this.digest = digest;
            this.sizeInBytes = sizeInBytes;
        }

        @Override
        public long sizeInBytes() {
            return sizeInBytes;
        }

        @Override
        public Optional<Digest> digest() {
            return Optional.of(digest);
        }

        @Override
        public InputStream open() throws IOException {
            return store.openUnverified(digest, sizeInBytes).orElseThrow(this::removed);
        }

        /** The store removes a blob that was damaged since. */
        @Override
        public InputStream open(Digest expected, String what) throws IOException {
            return expected.equals(digest)
                    ? store.open(digest, sizeInBytes, what).orElseThrow(this::removed)
                    : Member.super.open(expected, what);
        }

        private StorageException removed() {
            return new StorageException(
                    Failure.of("read blob " + digest, "it was removed from the blob cache meanwhile (ENOENT)")
                            .hint("run the command again"));
        }
    }
}
