package io.jrun.image.reference;

import io.jrun.error.UsageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What an image is made from, as a user names it.
 *
 * <pre>
 *   [docker://][USER@][REGISTRY/]NAME[:TAG][@DIGEST]   InRegistry; # may follow the registry instead of /
 *   docker-archive:FILE[:NAME[:TAG]]                   DockerArchive
 *   oci:DIR[:TAG|@DIGEST]                              OciLayout
 *   oci-archive:FILE[:TAG|@DIGEST]                     OciArchive
 *   dockerd://IMAGE   podman://IMAGE                   InEngine
 *   tar:FILE          dir:DIR        squashfs:FILE     RootfsTar, RootfsDirectory, SquashfsFile
 *   FILE or DIR       -                                Unrecognised, until its content has been looked at
 * </pre>
 *
 * A text without scheme is a file when it starts with {@code /}, {@code ./} or {@code ../}, is {@code .} or {@code ..}, or
 * ends in a suffix of image files; whether the file exists changes nothing, so that a script means the same everywhere.
 * Everything else is an image in a registry. {@code -} stands for standard input wherever FILE does.
 *
 * <p>Printed, each is a text that is read back to an equal value, but for {@link ImageArchive}, which nobody types.
 */
public sealed interface SourceReference {

    /** An image in a registry. */
    record InRegistry(ImageReference image) implements SourceReference {
        @Override
        public String defaultName() {
            return image.defaultName();
        }

        @Override
        public <R> R match(Cases<R> cases) throws IOException {
            return cases.inRegistry(this);
        }

        @Override
        public String toString() {
            return image.toString();
        }
    }

    /**
     * What {@code docker save} writes.
     *
     * @param image which of several, by its name as typed or the first digits of its ID
     */
    record DockerArchive(SourceFile file, Optional<String> image) implements SourceReference {
        @Override
        public String defaultName() {
            return image.flatMap(ImageReference::tryParse)
                    .map(ImageReference::defaultName)
                    .orElseGet(file::defaultName);
        }

        @Override
        public <R> R match(Cases<R> cases) throws IOException {
            return cases.dockerArchive(this);
        }

        @Override
        public String toString() {
            return SourceParser.DOCKER_ARCHIVE
                    + file
                    + image.map(name -> ':' + name).orElse("");
        }
    }

    /** A directory laid out after image-layout.md of the image-spec. */
    record OciLayout(Path directory, ManifestChoice choice) implements SourceReference {
        @Override
        public String defaultName() {
            return choice.fullName()
                    .map(ImageReference::defaultName)
                    .orElseGet(() -> SourceFile.lastName(directory) + choice.nameSuffix());
        }

        @Override
        public <R> R match(Cases<R> cases) throws IOException {
            return cases.ociLayout(this);
        }

        @Override
        public String toString() {
            return SourceParser.OCI + directory + choice;
        }
    }

    /** A tar file of such a directory. */
    record OciArchive(SourceFile file, ManifestChoice choice) implements SourceReference {
        @Override
        public String defaultName() {
            return choice.fullName()
                    .map(ImageReference::defaultName)
                    .orElseGet(() -> file.defaultName() + choice.nameSuffix());
        }

        @Override
        public <R> R match(Cases<R> cases) throws IOException {
            return cases.ociArchive(this);
        }

        @Override
        public String toString() {
            return SourceParser.OCI_ARCHIVE + file + choice;
        }
    }

    /** A tar file with layers in it, of one of the two kinds; its members will tell which. */
    record ImageArchive(SourceFile file) implements SourceReference {
        @Override
        public String defaultName() {
            return file.defaultName();
        }

        @Override
        public <R> R match(Cases<R> cases) throws IOException {
            return cases.imageArchive(this);
        }

        @Override
        public String toString() {
            return file.toString();
        }
    }

    /** A program that keeps images of its own. */
    enum Engine {
        DOCKER("dockerd://"),
        PODMAN("podman://");

        private final String scheme;

        Engine(String scheme) {
            this.scheme = scheme;
        }

        String scheme() {
            return scheme;
        }
    }

    /**
     * An image that an engine on this machine keeps.
     *
     * @param image name or ID as typed; the engine completes it by its own rules
     */
    record InEngine(Engine engine, String image) implements SourceReference {
        @Override
        public String defaultName() {
            return ImageReference.tryParse(image)
                    .map(ImageReference::defaultName)
                    .orElseGet(() -> image.replace(':', '-'));
        }

        @Override
        public <R> R match(Cases<R> cases) throws IOException {
            return cases.inEngine(this);
        }

        @Override
        public String toString() {
            return engine.scheme() + image;
        }
    }

    /** A tar file of a root filesystem. */
    record RootfsTar(SourceFile file) implements SourceReference {
        @Override
        public String defaultName() {
            return file.defaultName();
        }

        @Override
        public <R> R match(Cases<R> cases) throws IOException {
            return cases.rootfsTar(this);
        }

        @Override
        public String toString() {
            return SourceParser.TAR + file;
        }
    }

    /** A directory that is a root filesystem. */
    record RootfsDirectory(Path directory) implements SourceReference {
        @Override
        public String defaultName() {
            return SourceFile.lastName(directory);
        }

        @Override
        public <R> R match(Cases<R> cases) throws IOException {
            return cases.rootfsDirectory(this);
        }

        @Override
        public String toString() {
            return SourceParser.DIR + directory;
        }
    }

    /** A squashfs file, whoever made it. It is read at many places, so it must have a name. */
    record SquashfsFile(Path file) implements SourceReference {
        /** Not the file's own name: the result would take its place. */
        @Override
        public String defaultName() {
            return new SourceFile.Named(file).defaultName() + "+repacked";
        }

        @Override
        public <R> R match(Cases<R> cases) throws IOException {
            return cases.squashfsFile(this);
        }

        @Override
        public String toString() {
            return SourceParser.SQUASHFS + file;
        }
    }

    /** A file or directory of a kind that was not said. */
    record Unrecognised(SourceFile file) implements SourceReference {
        @Override
        public String defaultName() {
            return file.defaultName();
        }

        @Override
        public <R> R match(Cases<R> cases) throws IOException {
            return cases.unrecognised(this);
        }

        @Override
        public String toString() {
            return file.toString();
        }
    }

    /** What to do with each kind: a visitor, so that the compiler finds a missing one. */
    interface Cases<R> {
        R inRegistry(InRegistry source) throws IOException;

        R dockerArchive(DockerArchive source) throws IOException;

        R ociLayout(OciLayout source) throws IOException;

        R ociArchive(OciArchive source) throws IOException;

        R imageArchive(ImageArchive source) throws IOException;

        R inEngine(InEngine source) throws IOException;

        R rootfsTar(RootfsTar source) throws IOException;

        R rootfsDirectory(RootfsDirectory source) throws IOException;

        R squashfsFile(SquashfsFile source) throws IOException;

        R unrecognised(Unrecognised source) throws IOException;
    }

    /** What a result is called when the user names it not, without suffix and without directory. */
    String defaultName();

    <R> R match(Cases<R> cases) throws IOException;

    /**
     * Reads one of the forms above.
     *
     * @param exists whether a file of that name is there; asked only where a colon may belong to a file's name
     * @throws UsageException with what is wrong and how to write it
     */
    static SourceReference parse(String text, Predicate<Path> exists) throws UsageException {
        return parse(text, exists, ShortNames.DOCKER_HUB);
    }

    /** As {@link #parse(String, Predicate)}, for sites that have a say in what names without a registry mean. */
    static SourceReference parse(String text, Predicate<Path> exists, ShortNames shortNames) throws UsageException {
        return new SourceParser(text, exists, shortNames).parse();
    }
}
