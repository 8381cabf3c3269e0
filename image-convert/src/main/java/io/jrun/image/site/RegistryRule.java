package io.jrun.image.site;

import io.jrun.error.CorruptDataException;
import io.jrun.image.reference.Repository;
import io.jrun.image.site.Endpoint.Transport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One {@code [[registry]]} of registries.conf.
 *
 * @param prefix of the references that the rule is for: HOST[:PORT][/PATH], or *.DOMAIN
 * @param location what stands for the prefix at the place itself; empty where nothing is to be replaced
 */
record RegistryRule(String prefix, String location, Transport transport, Access access, List<Mirror> mirrors) {

    enum Access {
        ALLOWED,
        BLOCKED
    }

    /** Which references a mirror may serve. */
    enum Serves {
        ALL,
        DIGESTS,
        TAGS
    }

    record Mirror(String location, Transport transport, Serves serves) {}

    RegistryRule {
        mirrors = List.copyOf(mirrors);
    }

    static RegistryRule read(Toml table) throws CorruptDataException {
        Optional<String> location = table.string("location").filter(text -> !text.isEmpty());
        String prefix = table.string("prefix")
                .filter(text -> !text.isEmpty())
                .or(() -> location)
                .orElseThrow(() -> table.malformed("location", "given, nor is \"prefix\""));
        if (location.isEmpty() && !prefix.startsWith("*.")) {
            // As the containers tools have it: nothing but a wildcard may do without.
            throw table.malformed("location", "given for the prefix " + prefix);
        }
        boolean onlyDigests = table.isTrue("mirror-by-digest-only");
        List<Mirror> mirrors = new ArrayList<>();
        for (Toml mirror : table.tables("mirror")) {
            mirrors.add(readMirror(mirror, onlyDigests ? Serves.DIGESTS : Serves.ALL));
        }
        return new RegistryRule(
                prefix,
                location.orElse(""),
                transport(table),
                table.isTrue("blocked") ? Access.BLOCKED : Access.ALLOWED,
                mirrors);
    }

    private static Mirror readMirror(Toml table, Serves usual) throws CorruptDataException {
        String location = table.string("location").orElseThrow(() -> table.malformed("location", "given for a mirror"));
        String from = table.string("pull-from-mirror").orElse("");
        Serves serves =
                switch (from) {
                    case "" -> usual;
                    case "all" -> Serves.ALL;
                    case "digest-only" -> Serves.DIGESTS;
                    case "tag-only" -> Serves.TAGS;
                    default -> throw table.malformed("pull-from-mirror", "all, digest-only or tag-only");
                };
        return new Mirror(location, transport(table), serves);
    }

    private static Transport transport(Toml table) throws CorruptDataException {
        return table.isTrue("insecure") ? Transport.INSECURE : Transport.VERIFIED;
    }

    /** Whether the rule is for a repository: prefixes end where a component ends. */
    boolean matches(Repository repository) {
        return matchedLength(repository) > 0;
    }

    /** How much of the repository's name the prefix covers; 0 where it is for others. */
    int matchedLength(Repository repository) {
        String name = repository.toString();
        if (prefix.startsWith("*.")) {
            String host = repository.registry();
            String bare = host.replaceFirst(":[0-9]+$", "");
            boolean fits = bare.endsWith(prefix.substring(1)) || host.endsWith(prefix.substring(1));
            return fits ? host.length() : 0;
        }
        boolean fits = name.equals(prefix) || name.startsWith(prefix + '/');
        return fits ? prefix.length() : 0;
    }

    /** The repository's name at the place itself. */
    String atPrimary(Repository repository) {
        return location.isEmpty() ? repository.toString() : at(location, repository);
    }

    String at(String place, Repository repository) {
        return place + repository.toString().substring(matchedLength(repository));
    }
}
