package io.jrun.image.reference;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes a reference apart from both ends, because {@code @} and {@code :} each stand for two things. */
final class ReferenceParser {

    private static final String SCHEME = "docker://";

    /** Longer than any reference within the limits of its parts; keeps messages and patterns short. */
    private static final int MAX_LENGTH = 1024;

    private static final Pattern DIGEST_SUFFIX = Pattern.compile("@([A-Za-z0-9+._-]+:[0-9A-Za-z]*)$");

    private static final String FORM = "write it as [REGISTRY/]NAME[:TAG][@sha256:HEX], for example ubuntu:24.04";

    private final String typed;
    private final ShortNames shortNames;

    ReferenceParser(String typed, ShortNames shortNames) {
        this.typed = typed;
        this.shortNames = shortNames;
    }

    ImageReference parse() throws UsageException {
        String rest = withoutScheme();
        Optional<Digest> digest = Optional.empty();
        Matcher suffix = DIGEST_SUFFIX.matcher(rest);
        if (suffix.find() && looksLikeDigest(suffix.group(1))) {
            digest = Optional.of(digest(suffix.group(1)));
            rest = rest.substring(0, suffix.start());
        }
        Optional<String> user = Optional.empty();
        int at = rest.lastIndexOf('@');
        if (at >= 0) {
            user = Optional.of(user(rest.substring(0, at)));
            rest = rest.substring(at + 1);
        }
        int registryEnd = registryEnd(rest);
        Optional<String> registry = registryEnd < 0 ? Optional.empty() : Optional.of(rest.substring(0, registryEnd));
        String name = rest.substring(registryEnd + 1);
        int colon = name.lastIndexOf(':');
        Optional<Tag> tag = colon < 0 ? Optional.empty() : Optional.of(tag(name.substring(colon + 1)));
        return new ImageReference(user, repository(registry, colon < 0 ? name : name.substring(0, colon)), tag, digest);
    }

    private String withoutScheme() throws UsageException {
        if (typed.isEmpty()) {
            throw refuse("it is empty", FORM);
        }
        if (typed.length() > MAX_LENGTH) {
            throw refuse("it is longer than " + MAX_LENGTH + " characters", FORM);
        }
        if (typed.startsWith(SCHEME)) {
            return typed.substring(SCHEME.length());
        }
        int scheme = typed.indexOf("://");
        if (scheme >= 0) {
            throw refuse(
                    "\"" + typed.substring(0, scheme) + "://\" does not name an image in a registry",
                    "use docker://, or no scheme at all");
        }
        return typed;
    }

    /** An account with a port-like part, as in {@code me@host:5000/x}, is no digest: digests are long. */
    private static boolean looksLikeDigest(String text) {
        return text.startsWith("sha") || text.length() - text.indexOf(':') > 32;
    }

    private Digest digest(String text) throws UsageException {
        return Digest.parse(text)
                .orElseThrow(() -> refuse(
                        "\"@" + text + "\" is no digest that is supported here",
                        "a digest is sha256: with 64, or sha512: with 128 lower-case hex digits"));
    }

    private String user(String text) throws UsageException {
        boolean printable = !text.isEmpty() && text.chars().allMatch(c -> c > ' ' && c < 0x7f && c != ':' && c != '/');
        if (!printable) {
            throw refuse(
                    "what stands before \"@\" is no account name",
                    "a password is never part of a reference: keep it with `jrun login`; " + FORM);
        }
        return text;
    }

    /** Where the registry ends, or -1 when none is given. Source: the rule of Docker's command line. */
    private static int registryEnd(String rest) {
        int hash = rest.indexOf('#');
        if (hash >= 0) {
            return hash;
        }
        int slash = rest.indexOf('/');
        if (slash < 0) {
            return -1;
        }
        return looksLikeRegistry(rest.substring(0, slash)) ? slash : -1;
    }

    /** Whether a first component is a registry without a {@code #} behind it. */
    static boolean looksLikeRegistry(String component) {
        return component.indexOf('.') >= 0
                || component.indexOf(':') >= 0
                || component.equals("localhost")
                || !component.equals(component.toLowerCase(Locale.ROOT));
    }

    private Tag tag(String text) throws UsageException {
        if (!Tag.isValid(text)) {
            throw refuse(
                    "\"" + text + "\" is no tag",
                    "a tag has up to 128 letters, digits, dots, dashes and underscores, and starts with none of . and -");
        }
        return new Tag(text);
    }

    private Repository repository(Optional<String> registry, String path) throws UsageException {
        if (registry.filter(text -> !Repository.isValidRegistry(text)).isPresent()) {
            throw refuse(
                    "\"" + registry.get() + "\" is no registry",
                    "a registry is HOST or HOST:PORT, with a port from 1 to 65535");
        }
        if (Repository.isValidPath(path)) {
            return registry.isPresent() ? new Repository(registry.get(), path) : shortNames.repository(path);
        }
        String lower = path.toLowerCase(Locale.ROOT);
        boolean onlyCase = Repository.isValidPath(lower);
        throw refuse(
                path.isEmpty() ? "the image's name is missing" : "\"" + path + "\" is no repository name",
                onlyCase ? "repository names are lower case: " + lower : FORM);
    }

    private UsageException refuse(String why, String hint) {
        return new UsageException(Failure.of("read reference \"" + withoutPassword(typed) + '"', why)
                .hint(hint));
    }

    /** Somebody may have typed one; messages end in logs. */
    static String withoutPassword(String typed) {
        int at = typed.lastIndexOf('@');
        if (at > 0 && typed.startsWith("sha", at + 1)) {
            at = typed.lastIndexOf('@', at - 1);
        }
        int scheme = typed.indexOf("://");
        int begin = scheme < 0 ? 0 : scheme + "://".length();
        int colon = typed.indexOf(':', begin);
        boolean account = colon >= 0 && colon < at && typed.lastIndexOf('/', colon) < begin;
        return account ? typed.substring(0, colon) + ":..." + typed.substring(at) : typed;
    }
}
