package io.jrun.image.source.member;

import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The files of a directory of this host. Its symbolic links are followed, as other tools share blobs by them; what is no
 * regular file behind them is not there, so that a pipe or device cannot hold up whoever reads.
 */
public record DirectoryMembers(Path directory) implements MemberStore {

    /** @throws NotFoundException when there is no such directory */
    public static DirectoryMembers open(Path directory) throws NotFoundException {
        if (!Files.isDirectory(directory)) {
            boolean file = Files.exists(directory);
            Failure failure = Failure.of(
                    "open " + directory, file ? "not a directory (ENOTDIR)" : "no such file or directory (ENOENT)");
            throw new NotFoundException(file ? failure.hint("a tar file of a layout is oci-archive:FILE") : failure);
        }
        return new DirectoryMembers(directory);
    }

    @Override
    public Optional<Member> find(String name) throws IOException {
        Optional<String> normal = MemberIndex.normalized(name);
        if (normal.isEmpty()) {
            return Optional.empty();
        }
        Path path = directory.resolve(normal.get());
        return Files.isRegularFile(path) ? Optional.of(new HostFile(path, Files.size(path))) : Optional.empty();
    }

    @Override
    public String name() {
        return directory.toString();
    }

    private record HostFile(Path path, long sizeInBytes) implements Member {
        @Override
        public InputStream open() throws IOException {
            return LocalFile.open(path);
        }
    }
}
