package io.jrun.image.site;

import io.jrun.image.reference.Repository;

/** A place where an image may be had. Prints as its repository. */
public record Endpoint(Repository repository, Transport transport, Kind kind) {

    public enum Transport {
        /** TLS with a certificate that somebody trusted vouches for. */
        VERIFIED,
        /** TLS with any certificate, or none at all where the host speaks no TLS. */
        INSECURE
    }

    public enum Kind {
        MIRROR,
        /** The place that the image belongs to. */
        PRIMARY
    }

    @Override
    public String toString() {
        return repository.toString();
    }
}
