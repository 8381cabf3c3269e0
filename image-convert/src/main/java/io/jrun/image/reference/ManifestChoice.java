package io.jrun.image.reference;

import java.util.Optional;

/** Which of the images in an OCI layout is meant. */
public sealed interface ManifestChoice {

    /** The only one there is. */
    record Only() implements ManifestChoice {
        @Override
        public String nameSuffix() {
            return "";
        }

        @Override
        public String toString() {
            return "";
        }
    }

    /** The one whose {@code org.opencontainers.image.ref.name} this is, or whose full name. */
    record ByName(String name) implements ManifestChoice {
        @Override
        public String nameSuffix() {
            return '+' + name.replace('/', '+').replace(':', '+');
        }

        @Override
        public String toString() {
            return ':' + name;
        }
    }

    /** The one with this digest. */
    record ByDigest(Digest digest) implements ManifestChoice {
        @Override
        public String nameSuffix() {
            return '+' + ImageReference.shortened(digest);
        }

        @Override
        public String toString() {
            return "@" + digest;
        }
    }

    /** What follows the layout's own name in the name of a result. */
    String nameSuffix();

    /** The full name of an image, where that was given. */
    default Optional<ImageReference> fullName() {
        return this instanceof ByName choice && choice.name.indexOf('/') >= 0
                ? ImageReference.tryParse(choice.name)
                : Optional.empty();
    }
}
