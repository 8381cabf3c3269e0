package io.jrun.image.source.archive;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.image.blob.ArchiveDecompression;
import io.jrun.image.blob.Decompression;
import io.jrun.image.model.Descriptor;
import io.jrun.image.model.ImageConfig;
import io.jrun.image.model.MediaType;
import io.jrun.image.model.RawDocument;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ImageResolver;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.source.member.Member;
import io.jrun.image.source.member.MemberStore;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An image in what {@code docker save} writes:
 *
 * <pre>
 *   manifest.json               the images, each with the names of its config and its layers, lowest first
 *   HEX.json, HEX/layer.tar     first layout: configs and uncompressed layers; repeated layers may be links
 *   blobs/sha256/HEX            second layout, of Docker 25: the same, beside an index.json
 * </pre>
 *
 * There is no manifest with digests. The config's diffIDs take their place: an uncompressed layer must have the digest
 * that the config names. A manifest is written from them, the same for the same config and layers wherever they were
 * stored. Source: Docker image-spec 1.2, "Combined Image JSON + Filesystem Changeset Format".
 */
public final class DockerArchiveSource implements ImageSource {

    /** The member that makes a tar file such an archive. */
    public static final String MANIFEST_FILE = "manifest.json";

    private static final int MAX_MANIFEST_SIZE_IN_BYTES = 4 << 20;

    /** A member's name that is a digest, as configs and blobs have. */
    private static final Pattern DIGEST_NAME = Pattern.compile("(?:.*/)?([0-9a-f]{64})(?:\\.json)?");

    private static final Pattern BLOB_NAME = Pattern.compile("blobs/sha256/([0-9a-f]{64})");

    private final MemberStore members;
    private final Optional<String> wanted;
    private final Map<Digest, Member> layers = new ConcurrentHashMap<>();

    /**
     * The members need no closing.
     *
     * @param wanted name or beginning of the ID of one image; may be empty when there is only one
     */
    public DockerArchiveSource(MemberStore members, Optional<String> wanted) {
        this.members = members;
        this.wanted = wanted;
    }

    @Override
    public ResolvedImage resolve(Platform platform) throws IOException {
        ArchivedImage image = ArchivedImage.choose(images(), wanted, members.name());
        String what = "config of " + members.name();
        RawDocument configJson = config(image, what);
        ImageConfig config = ImageConfig.read(configJson.toBytes(), what);
        Descriptor configDescriptor = Descriptor.of(
                MediaType.OCI_CONFIG, configJson.digest(Digest.Algorithm.SHA256), configJson.sizeInBytes());
        RawDocument manifest = SyntheticManifest.of(configDescriptor, descriptors(image, config));
        Descriptor descriptor =
                Descriptor.of(MediaType.OCI_MANIFEST, manifest.digest(Digest.Algorithm.SHA256), manifest.sizeInBytes());
        String name = members.name() + wanted.map(text -> ':' + text).orElse("");
        return new ImageResolver((wantedDocument, max, told) -> configJson, name, platform)
                .resolve(descriptor, manifest);
    }

    private List<ArchivedImage> images() throws IOException {
        String what = MANIFEST_FILE + " of " + members.name();
        Member manifest = members.find(MANIFEST_FILE)
                .orElseThrow(() -> new NotFoundException(Failure.of(
                                "read " + members.name(),
                                "it is no archive of `docker save`: it has no \"" + MANIFEST_FILE + "\"")
                        .hint("a tar file of a root filesystem is imported as tar:FILE,"
                                + " an archive of an OCI layout as oci-archive:FILE")));
        return ArchivedImage.readAll(manifest.read(MAX_MANIFEST_SIZE_IN_BYTES, what), what);
    }

    /** A config is called by its digest, so that its bytes can be judged; an archive that calls it otherwise is believed. */
    private RawDocument config(ArchivedImage image, String what) throws IOException {
        byte[] bytes = member(image.config(), what).read(ImageConfig.MAX_SIZE_IN_BYTES, what);
        Matcher name = DIGEST_NAME.matcher(image.config());
        String found = Digest.sha256(bytes).hex();
        if (name.matches() && !name.group(1).equals(found)) {
            throw new CorruptDataException(Failure.of("use " + what, "its bytes do not match its name (DIGEST_INVALID)")
                    .comparing(name.group(1), found)
                    .hint("the archive was cut or altered since it was written: make it again"));
        }
        return RawDocument.of(bytes);
    }

    private List<Descriptor> descriptors(ArchivedImage image, ImageConfig config) throws IOException {
        if (config.diffIds().size() != image.layers().size()) {
            throw new CorruptDataException(Failure.of(
                            "read " + MANIFEST_FILE + " of " + members.name(),
                            "it and the config disagree about the layers")
                    .comparing(
                            config.diffIds().size() + " layers in the config",
                            image.layers().size() + " in " + MANIFEST_FILE));
        }
        List<Descriptor> descriptors = new ArrayList<>();
        for (int i = 0; i < image.layers().size(); i++) {
            String what = "layer " + (i + 1) + " of " + members.name();
            Member member = member(image.layers().get(i), what);
            Descriptor descriptor =
                    descriptor(member, image.layers().get(i), config.diffIds().get(i), what);
            layers.put(descriptor.digest(), member);
            descriptors.add(descriptor);
        }
        return descriptors;
    }

    private Member member(String name, String what) throws IOException {
        return members.find(name)
                .orElseThrow(() -> new CorruptDataException(
                        Failure.of("read " + what, "\"" + name + "\" is not in the archive (ENOENT)")
                                .hint("the archive is incomplete: make it again")));
    }

    /** An uncompressed layer is called by its diffID; what other tools have compressed, by the digest of what lies there. */
    private static Descriptor descriptor(Member member, String name, Digest diffId, String what) throws IOException {
        byte[] start = start(member);
        if (!ArchiveDecompression.isPacked(start, what)) {
            return Descriptor.of(SyntheticManifest.layerType(Decompression.Format.NONE), diffId, member.sizeInBytes());
        }
        // Of what else a layer may be packed with, which Docker loads too, there are no media types; its bytes decide.
        Decompression.Format format =
                ArchiveDecompression.isRare(start) ? Decompression.Format.GZIP : Decompression.detect(start, what);
        Matcher blob = BLOB_NAME.matcher(name);
        Optional<Digest> promised =
                blob.matches() ? Optional.of(new Digest(Digest.Algorithm.SHA256, blob.group(1))) : member.digest();
        Digest digest = promised.isPresent() ? promised.get() : digestOf(member);
        return Descriptor.of(SyntheticManifest.layerType(format), digest, member.sizeInBytes());
    }

    private static byte[] start(Member member) throws IOException {
        try (InputStream in = member.open()) {
            return in.readNBytes(Decompression.LONGEST_MAGIC);
        }
    }

    private static Digest digestOf(Member member) throws IOException {
        Digest.Hasher hasher = Digest.hasher(Digest.Algorithm.SHA256);
        byte[] buffer = new byte[1 << 18];
        try (InputStream in = member.open()) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                hasher.update(buffer, 0, count);
            }
        }
        return hasher.finish();
    }

    @Override
    public void prefetch(List<Descriptor> layersInOrder) {
        // All of it is at hand.
    }

    @Override
    public InputStream openLayer(Descriptor layer) throws IOException {
        return Optional.ofNullable(layers.get(layer.digest()))
                .orElseThrow(() -> new IllegalArgumentException(layer.digest() + " is no layer that was resolved"))
                .open(layer.digest(), "layer " + layer.digest() + " of " + members.name());
    }

    @Override
    public void close() {
        // Each stream has a descriptor of its own.
    }
}
