package io.jrun.image.source.any;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.image.blob.ArchiveDecompression;
import io.jrun.image.reference.ManifestChoice;
import io.jrun.image.reference.SourceFile;
import io.jrun.image.reference.SourceReference;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.archive.DockerArchiveSource;
import io.jrun.image.source.engine.EngineExport;
import io.jrun.image.source.engine.LocalEngines;
import io.jrun.image.source.layout.LayoutSource;
import io.jrun.image.source.member.DirectoryMembers;
import io.jrun.image.source.member.LocalFile;
import io.jrun.image.source.member.MemberStore;
import io.jrun.image.source.member.TarFileMembers;
import io.jrun.image.source.registry.RegistrySource;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Opens a source of layers by its reference. */
public final class ImageSources {

    private ImageSources() {}

    /**
     * The source, to be closed by the caller. Archives that can be read at any place are indexed; those that pass once
     * are read by {@link ImageSource#resolve}, and so are engines asked.
     *
     * @param source recognised, if it had to be
     * @throws UsageException when the source has no layers: a tar file, directory or squashfs file of a root filesystem
     */
    public static ImageSource open(SourceReference source, SourceAccess access) throws IOException {
        return source.match(new Opening(access));
    }

    private record Opening(SourceAccess access) implements SourceReference.Cases<ImageSource> {

        @Override
        public ImageSource inRegistry(SourceReference.InRegistry source) throws IOException {
            return RegistrySource.open(source.image(), access.store(), access.registry());
        }

        @Override
        public ImageSource dockerArchive(SourceReference.DockerArchive source) throws IOException {
            return archive(source.file(), members -> new DockerArchiveSource(members, source.image()));
        }

        @Override
        public ImageSource ociLayout(SourceReference.OciLayout source) throws IOException {
            return new LayoutSource(DirectoryMembers.open(source.directory()), source.choice());
        }

        @Override
        public ImageSource ociArchive(SourceReference.OciArchive source) throws IOException {
            return archive(source.file(), members -> new LayoutSource(members, source.choice()));
        }

        @Override
        public ImageSource imageArchive(SourceReference.ImageArchive source) throws IOException {
            return archive(source.file(), Opening::whicheverItIs);
        }

        /** Archives of current Docker are both; as a layout they bring the image's own manifest. */
        private static ImageSource whicheverItIs(MemberStore members) throws IOException {
            return members.find(LayoutSource.LAYOUT_FILE).isPresent()
                    ? new LayoutSource(members, new ManifestChoice.Only())
                    : new DockerArchiveSource(members, Optional.empty());
        }

        @Override
        public ImageSource inEngine(SourceReference.InEngine source) throws IOException {
            EngineExport export = new LocalEngines(access.registry().environment()).export(source);
            return new SpooledSource(
                    source.toString(),
                    0,
                    export::open,
                    members -> new DockerArchiveSource(members, Optional.empty()),
                    access);
        }

        @Override
        public ImageSource rootfsTar(SourceReference.RootfsTar source) throws IOException {
            throw notLayered(source);
        }

        @Override
        public ImageSource rootfsDirectory(SourceReference.RootfsDirectory source) throws IOException {
            throw notLayered(source);
        }

        @Override
        public ImageSource squashfsFile(SourceReference.SquashfsFile source) throws IOException {
            throw notLayered(source);
        }

        private static UsageException notLayered(SourceReference source) {
            return new UsageException(Failure.of("import " + source, "it is not a layered image"));
        }

        @Override
        public ImageSource unrecognised(SourceReference.Unrecognised source) throws IOException {
            return open(SourceRecognition.recognise(source, access.input()), access);
        }

        private ImageSource archive(SourceFile file, SpooledSource.Kind kind) throws IOException {
            if (file instanceof SourceFile.Named named) {
                Path path = named.path();
                return isSeekableTar(path)
                        ? kind.open(TarFileMembers.index(path))
                        : new SpooledSource(path.toString(), sizeOf(path), () -> streamOf(path), kind, access);
            }
            return new SpooledSource("standard input", 0, () -> unclosed(access.input().stream()), kind, access);
        }

        /** 0 for a pipe. */
        private static long sizeOf(Path path) {
            return path.toFile().length();
        }

        /** Pipes have no places to read at. */
        private static InputStream streamOf(Path path) throws IOException {
            try {
                return Files.newInputStream(path);
            } catch (IOException e) {
                throw LocalFile.failure(path, e);
            }
        }

        private static boolean isSeekableTar(Path path) throws IOException {
            if (Files.isDirectory(path)) {
                throw new UsageException(Failure.of("import " + path, "is a directory (EISDIR)")
                        .hint("a directory with an OCI layout is oci:DIR, one that is a root filesystem dir:DIR"));
            }
            if (Files.exists(path) && !Files.isRegularFile(path)) {
                return false;
            }
            try (LocalFile in = LocalFile.open(path)) {
                byte[] start = in.readNBytes(ArchiveDecompression.LONGEST_MAGIC);
                return !ArchiveDecompression.isPacked(start, path.toString());
            }
        }

        /** Standard input stays open for whoever comes after. */
        private static InputStream unclosed(InputStream in) {
            return new FilterInputStream(in) {
                @Override
                public int read(byte[] bytes, int offset, int length) throws IOException {
                    return in.read(bytes, offset, length);
                }

                @Override
                public void close() {
                    // Not ours.
                }
            };
        }
    }
}
