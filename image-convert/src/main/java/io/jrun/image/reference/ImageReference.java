package io.jrun.image.reference;

import io.jrun.error.UsageException;
import java.util.Optional;

/**
 * An image in a registry, as a user names it. Where tag and digest are both given the digest decides and the tag is kept
 * for file names and messages only.
 *
 * @param user the registry account to use, where the user named one; its secret is looked up elsewhere
 * @param tag what was typed; empty when nothing was
 */
public record ImageReference(Optional<String> user, Repository repository, Optional<Tag> tag, Optional<Digest> digest) {

    /** Enough of a digest to tell two files of one directory apart. */
    private static final int DIGEST_DIGITS_IN_FILE_NAME = 12;

    /**
     * Reads {@code [docker://][USER@][REGISTRY/]PATH[:TAG][@DIGEST]}, or with {@code #} behind the registry. The first
     * component is a registry when {@code #} follows, when it has a dot or a colon, or when it is {@code localhost}.
     *
     * @throws UsageException with what is wrong and how to write it
     */
    public static ImageReference parse(String text) throws UsageException {
        return parse(text, ShortNames.DOCKER_HUB);
    }

    /** As {@link #parse(String)}, for sites that have a say in what names without a registry mean. */
    public static ImageReference parse(String text, ShortNames shortNames) throws UsageException {
        return new ReferenceParser(text, shortNames).parse();
    }

    /** The same; empty when the text is no reference. */
    public static Optional<ImageReference> tryParse(String text) {
        try {
            return Optional.of(parse(text));
        } catch (UsageException notOne) {
            return Optional.empty();
        }
    }

    /** The last part of a manifest's URL: the digest, else the tag, else {@code latest}. */
    public String manifestReference() {
        return digest.map(Digest::toString)
                .orElseGet(() -> tag.orElse(Tag.LATEST).value());
    }

    /** The image file's name when the user gives none. */
    public String defaultFileName() {
        return defaultName() + ".sqsh";
    }

    /**
     * What a result is called when the user names it not, without suffix: slashes of the path become {@code +}, and
     * {@code +TAG} follows where a tag was typed, which is enroot's custom.
     */
    public String defaultName() {
        String name = repository.familiarPath().replace('/', '+');
        String suffix = tag.map(typed -> '+' + typed.value())
                .or(() -> digest.map(typed -> '+' + shortened(typed)))
                .orElse("");
        return name + suffix;
    }

    static String shortened(Digest digest) {
        return digest.algorithm().prefix() + '-' + digest.hex().substring(0, DIGEST_DIGITS_IN_FILE_NAME);
    }

    /** A form that {@link #parse} reads back to an equal value. */
    @Override
    public String toString() {
        String account = user.map(name -> name + '@').orElse("");
        char separator = ReferenceParser.looksLikeRegistry(repository.registry()) ? '/' : '#';
        return account
                + repository.registry()
                + separator
                + repository.path()
                + tag.map(typed -> ':' + typed.value()).orElse("")
                + digest.map(typed -> "@" + typed).orElse("");
    }
}
