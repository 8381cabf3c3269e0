package io.jrun.image.source.member;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;

/** The members of an uncompressed tar file, found by its headers and read where they lie: nothing is unpacked. */
public final class TarFileMembers implements MemberStore {

    private final Path path;
    private final MemberIndex index;

    private TarFileMembers(Path path, MemberIndex index) {
        this.path = path;
        this.index = index;
    }

    /** Reads all headers, and nothing between them. */
    public static TarFileMembers index(Path path) throws IOException {
        MemberIndex index = new MemberIndex(path.toString());
        try (LocalFile in = LocalFile.open(path)) {
            long fileSize = in.fileSizeInBytes();
            ArchiveReader reader = new ArchiveReader(in, path.toString());
            Optional<ArchiveReader.Entry> next = reader.next();
            while (next.isPresent()) {
                add(index, path, next.get(), fileSize);
                next = reader.next();
            }
        }
        return new TarFileMembers(path, index);
    }

    private static void add(MemberIndex index, Path path, ArchiveReader.Entry entry, long fileSize)
            throws CorruptDataException {
        if (entry.sizeInBytes() > fileSize - entry.offset()) {
            throw new CorruptDataException(Failure.of("read " + path, "it ends in the middle of " + entry.name())
                    .comparing("at least " + (entry.offset() + entry.sizeInBytes()) + " bytes", fileSize + " bytes"));
        }
        switch (entry.kind()) {
            case FILE -> index.putFile(entry.name(), new Section(path, entry.offset(), entry.sizeInBytes()));
            case HARD_LINK -> index.putHardLink(entry.name(), entry.linkTarget());
            case SYMBOLIC_LINK -> index.putSymbolicLink(entry.name(), entry.linkTarget());
            case OTHER -> {} // directories lead nowhere by themselves
        }
    }

    @Override
    public Optional<Member> find(String name) throws CorruptDataException {
        return index.find(name);
    }

    @Override
    public String name() {
        return path.toString();
    }

    private record Section(Path path, long offset, long sizeInBytes) implements Member {
        @Override
        public InputStream open() throws IOException {
            return LocalFile.open(path, offset, offset + sizeInBytes);
        }
    }
}
