package io.jrun.image.push;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.image.model.Descriptor;
import io.jrun.image.model.ImageIndex;
import io.jrun.image.model.ImageManifest;
import io.jrun.image.model.MediaType;
import io.jrun.image.model.RawDocument;
import io.jrun.image.push.PushContent.PushBlob;
import io.jrun.image.reference.Digest;
import io.jrun.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what is to be pushed from an image layout on disk. Source: OCI image-spec 1.1, image-layout.md. */
public final class LayoutContent {

    private static final String TAG_ANNOTATION = "org.opencontainers.image.ref.name";

    private static final int MAX_DOCUMENT_SIZE_IN_BYTES = 4 << 20;

    /** As deep as imports follow. */
    private static final int MAX_INDEX_DEPTH = 4;

    private final Path directory;

    private LayoutContent(Path directory) {
        this.directory = directory;
    }

    /**
     * One image, or one index with its images.
     *
     * @param tag as the layout has it; needed only where the layout holds several
     */
    public static PushContent read(Path directory, Optional<String> tag) throws JrunException {
        LayoutContent layout = new LayoutContent(directory);
        return layout.content(layout.chosen(tag), 0);
    }

    private Descriptor chosen(Optional<String> tag) throws JrunException {
        String what = "index.json of " + directory;
        ImageIndex index = ImageIndex.read(bytes(directory.resolve("index.json")), what);
        List<Descriptor> fitting = index.manifests().stream()
                .filter(entry ->
                        tag.isEmpty() || tag.get().equals(entry.annotations().get(TAG_ANNOTATION)))
                .toList();
        if (fitting.size() == 1) {
            return fitting.get(0);
        }
        List<String> tags = index.manifests().stream()
                .flatMap(entry -> Optional.ofNullable(entry.annotations().get(TAG_ANNOTATION)).stream())
                .toList();
        if (fitting.isEmpty()) {
            throw new NotFoundException(
                    Failure.of("read image " + tag.orElse("") + " of " + directory, "the layout has no such image")
                            .hint(tags.isEmpty() ? "is it complete?" : "it has " + String.join(", ", tags)));
        }
        throw new UsageException(
                Failure.of("choose an image of " + directory, "it has " + fitting.size() + " and none was named")
                        .hint("write oci:" + directory + ":TAG with one of " + String.join(", ", tags)));
    }

    private PushContent content(Descriptor descriptor, int depth) throws JrunException {
        byte[] bytes = bytes(blob(descriptor.digest()));
        String what = "manifest " + descriptor.digest() + " of " + directory;
        Digest found = Digest.of(descriptor.digest().algorithm(), bytes);
        if (!found.equals(descriptor.digest())) {
            throw new CorruptDataException(
                    Failure.of("read " + what, "its bytes do not match their digest (DIGEST_INVALID)")
                            .comparing(descriptor.digest(), found)
                            .hint("make the layout again"));
        }
        RawDocument document = RawDocument.of(bytes);
        Descriptor exact = Descriptor.of(type(descriptor, bytes, what), descriptor.digest(), bytes.length);
        if (!ImageIndex.looksLikeIndex(bytes, what)) {
            return new PushContent(exact, document, blobs(ImageManifest.read(bytes, what)), List.of());
        }
        if (depth >= MAX_INDEX_DEPTH) {
            throw new CorruptDataException(
                    Failure.of("read " + what, "indexes are nested more than " + MAX_INDEX_DEPTH + " deep"));
        }
        List<PushContent> parts = new ArrayList<>();
        for (Descriptor part : ImageIndex.read(bytes, what).manifests()) {
            parts.add(content(part, depth + 1));
        }
        return new PushContent(exact, document, List.of(), parts);
    }

    /** What the document itself says comes first: registries compare it with what they are told. */
    private static MediaType type(Descriptor descriptor, byte[] document, String what) throws JrunException {
        return Json.parse(document, what)
                .string("mediaType")
                .map(MediaType::of)
                .orElse(descriptor.mediaType().value().isEmpty() ? MediaType.OCI_MANIFEST : descriptor.mediaType());
    }

    private List<PushBlob> blobs(ImageManifest manifest) throws JrunException {
        List<PushBlob> blobs = new ArrayList<>();
        List<Descriptor> all = new ArrayList<>(manifest.layers());
        all.add(manifest.config());
        for (Descriptor blob : all) {
            Path file = blob(blob.digest());
            boolean elsewhere = !blob.urls().isEmpty() && !Files.exists(file);
            boolean listed =
                    blobs.stream().anyMatch(known -> known.descriptor().digest().equals(blob.digest()));
            if (!elsewhere && !listed) {
                requireSize(file, blob);
                blobs.add(new PushBlob(blob, BlobContent.ofFile(file)));
            }
        }
        return blobs;
    }

    private static void requireSize(Path file, Descriptor blob) throws JrunException {
        try {
            long size = Files.size(file);
            if (size != blob.sizeInBytes()) {
                throw new CorruptDataException(
                        Failure.of("read " + file, "its size does not match the manifest (SIZE_INVALID)")
                                .comparing(blob.sizeInBytes() + " bytes", size + " bytes")
                                .hint("make the layout again"));
            }
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw notReadable(file, e);
        }
    }

    private Path blob(Digest digest) {
        return directory.resolve("blobs").resolve(digest.algorithm().prefix()).resolve(digest.hex());
    }

    private static byte[] bytes(Path file) throws JrunException {
        try {
            if (Files.size(file) > MAX_DOCUMENT_SIZE_IN_BYTES) {
                throw new CorruptDataException(
                        Failure.of("read " + file, "it has more than " + MAX_DOCUMENT_SIZE_IN_BYTES + " bytes"));
            }
            return Files.readAllBytes(file);
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw notReadable(file, e);
        }
    }

    private static NotFoundException notReadable(Path file, IOException e) {
        return new NotFoundException(
                Failure.of("read " + file, FileFailure.cause(e)).hint("is it in an image layout (oci:DIRECTORY)?"), e);
    }
}
