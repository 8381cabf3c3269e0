package io.jrun.image.source;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.image.model.Descriptor;
import io.jrun.image.model.ImageIndex;
import io.jrun.image.model.ImageManifest;
import io.jrun.image.model.MediaType;
import io.jrun.image.model.RawDocument;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.Platform;
import java.util.Optional;

/**
 * An image file that lies in a registry as an artifact: a manifest of {@link #ARTIFACT_TYPE} with one layer, which is the
 * file byte for byte. Source: OCI image-spec 1.1, manifest.md, "Guidelines for Artifact Usage".
 *
 * @param manifestDigest of the artifact
 * @param file the file itself
 */
public record ImageFileBlob(Digest manifestDigest, Descriptor file) {

    /** What the manifest says it is. */
    public static final MediaType ARTIFACT_TYPE = MediaType.of("application/vnd.jrun.image-file.v1");

    /** The type of the only layer. */
    public static final MediaType SQUASHFS = MediaType.of("application/vnd.jrun.image-file.v1.squashfs");

    /** Which machines the file is for, as an annotation of the manifest: OS/ARCH[/VARIANT]. */
    public static final String PLATFORM_ANNOTATION = "io.jrun.image-file.platform";

    /** Empty when the document is an index, an image or another artifact. */
    public static Optional<ImageFileBlob> of(RawDocument document, String image, Platform wanted) throws JrunException {
        byte[] bytes = document.toBytes();
        String what = "manifest of " + image;
        if (ImageIndex.looksLikeIndex(bytes, what)) {
            return Optional.empty();
        }
        ImageManifest manifest = ImageManifest.read(bytes, what);
        if (!manifest.artifactType().equals(Optional.of(ARTIFACT_TYPE))) {
            return Optional.empty();
        }
        if (manifest.layers().size() != 1
                || !manifest.layers().get(0).mediaType().equals(SQUASHFS)) {
            throw new CorruptDataException(
                    Failure.of("read " + what, "an image file's artifact has one layer, of type " + SQUASHFS)
                            .hint("push it again"));
        }
        requirePlatform(manifest, image, wanted);
        return Optional.of(new ImageFileBlob(
                document.digest(Digest.Algorithm.SHA256), manifest.layers().get(0)));
    }

    private static void requirePlatform(ImageManifest manifest, String image, Platform wanted) throws JrunException {
        Optional<String> text = Optional.ofNullable(manifest.annotations().get(PLATFORM_ANNOTATION));
        if (text.isPresent() && !Platform.parse(text.get()).sameArchitecture(wanted)) {
            throw new NotFoundException(Failure.of("import " + image, "it is not available for " + wanted)
                    .comparing(wanted, text.get())
                    .hint("choose it with --platform " + text.get()));
        }
    }
}
