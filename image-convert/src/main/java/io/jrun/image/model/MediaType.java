package io.jrun.image.model;

import java.util.List;
import java.util.Set;

/** The type that a descriptor or a registry's answer claims. Source: OCI image-spec 1.1, media-types.md. */
public record MediaType(String value) {

    public static final MediaType OCI_INDEX = new MediaType("application/vnd.oci.image.index.v1+json");
    public static final MediaType OCI_MANIFEST = new MediaType("application/vnd.oci.image.manifest.v1+json");
    public static final MediaType OCI_CONFIG = new MediaType("application/vnd.oci.image.config.v1+json");
    public static final MediaType DOCKER_INDEX =
            new MediaType("application/vnd.docker.distribution.manifest.list.v2+json");
    public static final MediaType DOCKER_MANIFEST =
            new MediaType("application/vnd.docker.distribution.manifest.v2+json");
    public static final MediaType DOCKER_CONFIG = new MediaType("application/vnd.docker.container.image.v1+json");

    private static final Set<MediaType> INDEXES = Set.of(OCI_INDEX, DOCKER_INDEX);
    private static final Set<MediaType> MANIFESTS = Set.of(OCI_MANIFEST, DOCKER_MANIFEST);
    private static final String DOCKER_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+";

    /** Cuts off parameters such as {@code charset}, which some registries add. */
    public static MediaType of(String text) {
        int semicolon = text.indexOf(';');
        return new MediaType((semicolon < 0 ? text : text.substring(0, semicolon)).strip());
    }

    /** What to ask a registry for. */
    public static List<MediaType> ofManifestsAndIndexes() {
        return List.of(OCI_INDEX, DOCKER_INDEX, OCI_MANIFEST, DOCKER_MANIFEST);
    }

    public boolean isIndex() {
        return INDEXES.contains(this);
    }

    public boolean isManifest() {
        return MANIFESTS.contains(this);
    }

    public boolean isImageConfig() {
        return equals(OCI_CONFIG) || equals(DOCKER_CONFIG);
    }

    /** Docker's first manifest format, of before 2016: no sizes, no config, digests over a reformatted text. */
    public boolean isDockerSchema1() {
        return value.startsWith(DOCKER_SCHEMA1);
    }

    @Override
    public String toString() {
        return value;
    }
}
