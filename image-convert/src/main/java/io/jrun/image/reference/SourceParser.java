package io.jrun.image.reference;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.image.reference.SourceReference.DockerArchive;
import io.jrun.image.reference.SourceReference.Engine;
import io.jrun.image.reference.SourceReference.InEngine;
import io.jrun.image.reference.SourceReference.InRegistry;
import io.jrun.image.reference.SourceReference.OciArchive;
import io.jrun.image.reference.SourceReference.OciLayout;
import io.jrun.image.reference.SourceReference.RootfsDirectory;
import io.jrun.image.reference.SourceReference.RootfsTar;
import io.jrun.image.reference.SourceReference.SquashfsFile;
import io.jrun.image.reference.SourceReference.Unrecognised;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Reads a {@link SourceReference}: first its scheme, then what the scheme asks for. */
final class SourceParser {

    static final String DOCKER_ARCHIVE = "docker-archive:";
    static final String OCI = "oci:";
    static final String OCI_ARCHIVE = "oci-archive:";
    static final String TAR = "tar:";
    static final String DIR = "dir:";
    static final String SQUASHFS = "squashfs:";

    private static final String REGISTRY = "docker://";

    /** What other tools call the same. */
    private static final Map<String, String> FOREIGN_SCHEMES = Map.of(
            "docker-daemon:",
            Engine.DOCKER.scheme(),
            "containers-storage:",
            Engine.PODMAN.scheme(),
            "oci://",
            OCI,
            "oci-archive://",
            OCI_ARCHIVE,
            "docker-archive://",
            DOCKER_ARCHIVE,
            "file://",
            "the file's name alone");

    private static final String FORMS = "write docker://, dockerd:// or podman:// before an image's name,"
            + " docker-archive:, oci:, oci-archive:, tar:, dir: or squashfs: before a file's, or - for standard input";

    /** Longer than any path and name together; keeps messages short. */
    private static final int MAX_LENGTH = 8192;

    /** An engine's ID of an image: its own digest, which may be cut short. */
    private static final Pattern IMAGE_ID = Pattern.compile("(?:sha256:)?[0-9a-f]{4,64}");

    private final String typed;
    private final Predicate<Path> exists;
    private final ShortNames shortNames;

    SourceParser(String typed, Predicate<Path> exists, ShortNames shortNames) {
        this.typed = typed;
        this.exists = exists;
        this.shortNames = shortNames;
    }

    SourceReference parse() throws UsageException {
        if (typed.length() > MAX_LENGTH) {
            throw new UsageException(Failure.of("read the name of the image", "it is longer than " + MAX_LENGTH)
                    .hint(FORMS));
        }
        refuseForeignSchemes();
        if (typed.startsWith(DOCKER_ARCHIVE)) {
            Split split = splitFile(DOCKER_ARCHIVE);
            return new DockerArchive(file(split.file), split.rest);
        } else if (typed.startsWith(OCI)) {
            Split split = splitFile(OCI);
            return new OciLayout(directory(split.file), choice(split));
        } else if (typed.startsWith(OCI_ARCHIVE)) {
            Split split = splitFile(OCI_ARCHIVE);
            return new OciArchive(file(split.file), choice(split));
        } else if (typed.startsWith(TAR)) {
            return new RootfsTar(file(behind(TAR)));
        } else if (typed.startsWith(DIR)) {
            return new RootfsDirectory(directory(behind(DIR)));
        } else if (typed.startsWith(SQUASHFS)) {
            return new SquashfsFile(directory(behind(SQUASHFS)));
        }
        for (Engine engine : Engine.values()) {
            if (typed.startsWith(engine.scheme())) {
                return new InEngine(engine, engineImage(behind(engine.scheme())));
            }
        }
        return isFile(typed) ? new Unrecognised(file(typed)) : new InRegistry(ImageReference.parse(typed, shortNames));
    }

    private void refuseForeignSchemes() throws UsageException {
        for (Map.Entry<String, String> scheme : FOREIGN_SCHEMES.entrySet()) {
            if (typed.startsWith(scheme.getKey())) {
                throw refuse("\"" + scheme.getKey() + "\" is not used here", "use " + scheme.getValue());
            }
        }
        if (typed.startsWith("docker:/") && !typed.startsWith(REGISTRY)) {
            throw refuse(
                    "a slash is missing behind \"docker:\"", "write docker:/" + typed.substring("docker:".length()));
        }
        if (typed.startsWith("http://") || typed.startsWith("https://") || typed.startsWith("ftp://")) {
            throw refuse(
                    "files are not fetched by their address",
                    "an image in a registry is docker://NAME; a tar or archive comes as a stream, curl -fL ADDRESS |"
                            + " jrun import -, any other file first with curl -fL -o FILE ADDRESS");
        }
        if (typed.contains("://")
                && !typed.startsWith(REGISTRY)
                && !typed.startsWith(Engine.DOCKER.scheme())
                && !typed.startsWith(Engine.PODMAN.scheme())
                && !isFile(typed)) {
            throw refuse("\"" + typed.substring(0, typed.indexOf("://") + 3) + "\" names no kind of image", FORMS);
        }
    }

    private static boolean isFile(String text) {
        boolean path = text.equals(SourceFile.STANDARD_INPUT)
                || text.equals(".")
                || text.equals("..")
                || text.startsWith("/")
                || text.startsWith("./")
                || text.startsWith("../");
        String lower = text.toLowerCase(Locale.ROOT);
        return path
                || (!text.startsWith(REGISTRY) && SourceFile.SUFFIXES.stream().anyMatch(lower::endsWith));
    }

    private String behind(String scheme) {
        return typed.substring(scheme.length());
    }

    /** A file's name and what follows it: {@code :TEXT}, or {@code @TEXT} where that is a digest. */
    private record Split(String file, Optional<String> rest, boolean digest) {}

    /**
     * The first colon ends the file's name, unless a file is there whose name has colons: the text as a whole, else the
     * shortest part before a colon that exists.
     */
    private Split splitFile(String scheme) throws UsageException {
        String text = behind(scheme);
        if (text.indexOf(':') < 0 || isThere(text)) {
            return new Split(text, Optional.empty(), false);
        }
        Optional<Split> digest = splitAtDigest(text);
        if (digest.isPresent() && !scheme.equals(DOCKER_ARCHIVE)) {
            return digest.get();
        }
        int end = text.indexOf(':');
        for (int colon = end; colon >= 0; colon = text.indexOf(':', colon + 1)) {
            if (isThere(text.substring(0, colon))) {
                end = colon;
                break;
            }
        }
        String rest = text.substring(end + 1);
        if (rest.isEmpty()) {
            throw refuse("nothing stands behind its last colon", FORMS);
        }
        return new Split(text.substring(0, end), Optional.of(rest), false);
    }

    private static Optional<Split> splitAtDigest(String text) {
        int at = text.lastIndexOf('@');
        return at > 0 && Digest.parse(text.substring(at + 1)).isPresent()
                ? Optional.of(new Split(text.substring(0, at), Optional.of(text.substring(at + 1)), true))
                : Optional.empty();
    }

    private boolean isThere(String text) throws UsageException {
        return !text.isEmpty() && exists.test(path(text));
    }

    private static ManifestChoice choice(Split split) {
        if (split.rest.isEmpty()) {
            return new ManifestChoice.Only();
        }
        return split.digest
                ? new ManifestChoice.ByDigest(Digest.parse(split.rest.get()).orElseThrow())
                : new ManifestChoice.ByName(split.rest.get());
    }

    private SourceFile file(String text) throws UsageException {
        return text.equals(SourceFile.STANDARD_INPUT)
                ? new SourceFile.StandardInput()
                : new SourceFile.Named(path(text));
    }

    private Path directory(String text) throws UsageException {
        if (text.equals(SourceFile.STANDARD_INPUT)) {
            throw refuse(
                    "it is read at many places, and standard input passes once",
                    "write it to a file first; a file with the name \"-\" is ./-");
        }
        return path(text);
    }

    private Path path(String text) throws UsageException {
        if (text.isEmpty()) {
            throw refuse("the name of the file is missing", FORMS);
        }
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw refuse("a file cannot have this name: " + e.getReason(), "set LC_ALL=C.UTF-8, or rename the file");
        }
    }

    private String engineImage(String text) throws UsageException {
        if (text.isEmpty()) {
            throw refuse("the name of the image is missing", FORMS);
        }
        if (IMAGE_ID.matcher(text).matches()) {
            return text;
        }
        if (text.contains("://") || text.indexOf('#') >= 0) {
            throw refuse("the engine knows no such form", "write only the image's name, as the engine lists it");
        }
        if (ImageReference.parse(text).user().isPresent()) {
            throw refuse("an engine asks for no account", "leave out what stands before the \"@\"");
        }
        return text;
    }

    private UsageException refuse(String why, String hint) {
        return new UsageException(Failure.of("read reference \"" + ReferenceParser.withoutPassword(typed) + '"', why)
                .hint(hint));
    }
}
