package io.jrun.image.site;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.UsageException;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.reference.Repository;
import io.jrun.image.reference.ShortNames;
import io.jrun.image.site.Endpoint.Kind;
import io.jrun.image.site.Endpoint.Transport;
import io.jrun.image.site.RegistryRule.Access;
import io.jrun.image.site.RegistryRule.Serves;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The rules of {@code registries.conf} and its drop-ins: where images are asked for, and what short names mean. The file is
 * {@code $CONTAINERS_REGISTRIES_CONF}, else the user's, else the system's; drop-ins of the system come next and those of
 * the user last, later ones over earlier. Version 1 of the format is understood. Source: containers-registries.conf(5).
 */
public final class RegistriesConf implements ShortNames {

    private static final String NAME = "registries.conf";

    private final Map<String, RegistryRule> rules = new LinkedHashMap<>();
    private final Map<String, String> aliases = new LinkedHashMap<>();
    private List<String> searched = List.of();
    private List<String> credentialHelpers = List.of();

    private RegistriesConf() {}

    /** Files that do not exist say nothing. */
    public static RegistriesConf read(ConfigurationFiles files) throws JrunException {
        RegistriesConf conf = new RegistriesConf();
        conf.add(main(files));
        for (Path dropIn : ConfigurationFiles.list(files.ofSystem().resolve(NAME + ".d"), ".conf")) {
            conf.add(Toml.read(dropIn));
        }
        if (files.ofUser().isPresent()) {
            for (Path dropIn : ConfigurationFiles.list(files.ofUser().get().resolve(NAME + ".d"), ".conf")) {
                conf.add(Toml.read(dropIn));
            }
        }
        if (files.shortNamesOfUser().isPresent()) {
            conf.add(Toml.read(files.shortNamesOfUser().get()));
        }
        return conf;
    }

    private static Optional<Toml> main(ConfigurationFiles files) throws JrunException {
        Optional<Path> chosen = files.variable("CONTAINERS_REGISTRIES_CONF").map(Path::of);
        if (chosen.isPresent()) {
            return Toml.read(chosen.get());
        }
        if (files.ofUser().isPresent()) {
            Optional<Toml> own = Toml.read(files.ofUser().get().resolve(NAME));
            if (own.isPresent()) {
                return own;
            }
        }
        return Toml.read(files.ofSystem().resolve(NAME));
    }

    private void add(Optional<Toml> file) throws CorruptDataException {
        if (file.isEmpty()) {
            return;
        }
        Toml toml = file.get();
        searched = toml.strings("unqualified-search-registries").orElse(searched);
        credentialHelpers = toml.strings("credential-helpers").orElse(credentialHelpers);
        for (Toml table : toml.tables("registry")) {
            RegistryRule rule = RegistryRule.read(table);
            rules.put(rule.prefix(), rule);
        }
        if (toml.table("aliases").isPresent()) {
            aliases.putAll(toml.table("aliases").get().stringMap());
        }
        if (toml.table("registries").isPresent()) {
            addVersion1(toml.table("registries").get());
        }
    }

    private void addVersion1(Toml registries) throws CorruptDataException {
        searched = version1List(registries, "search").orElse(searched);
        for (String host : version1List(registries, "insecure").orElse(List.of())) {
            rules.put(host, new RegistryRule(host, host, Transport.INSECURE, Access.ALLOWED, List.of()));
        }
        for (String host : version1List(registries, "block").orElse(List.of())) {
            rules.put(host, new RegistryRule(host, host, Transport.VERIFIED, Access.BLOCKED, List.of()));
        }
    }

    private static Optional<List<String>> version1List(Toml registries, String name) throws CorruptDataException {
        Optional<Toml> table = registries.table(name);
        return table.isPresent() ? table.get().strings("registries") : Optional.empty();
    }

    /** An alias, else the only registry that is searched, else Docker Hub. */
    @Override
    public Repository repository(String path) throws UsageException {
        Optional<String> alias = Optional.ofNullable(aliases.get(path)).filter(text -> !text.isEmpty());
        if (alias.isPresent()) {
            return ImageReference.parse(alias.get()).repository();
        }
        if (searched.size() > 1) {
            throw new UsageException(Failure.of(
                            "find image " + path,
                            "it names no registry, and " + NAME + " has " + searched.size() + " to search: "
                                    + String.join(", ", searched))
                    .hint("write the registry too, for example " + searched.get(0) + '/' + path));
        }
        String registry = searched.isEmpty() ? Repository.DOCKER_HUB : searched.get(0);
        return ImageReference.parse(registry + '/' + path).repository();
    }

    /**
     * Where an image may be had, in the order in which to ask; the last one is the place that it belongs to.
     *
     * @throws DeniedException where the site forbids it
     */
    public List<Endpoint> endpoints(ImageReference reference) throws JrunException {
        Repository repository = reference.repository();
        Optional<RegistryRule> rule = ruleFor(repository);
        if (rule.isEmpty()) {
            return List.of(new Endpoint(repository, Transport.VERIFIED, Kind.PRIMARY));
        }
        refuseBlocked(reference, rule.get());
        List<Endpoint> endpoints = new ArrayList<>();
        for (RegistryRule.Mirror mirror : rule.get().mirrors()) {
            boolean byDigest = reference.digest().isPresent();
            if (mirror.serves() == Serves.ALL || (mirror.serves() == Serves.DIGESTS) == byDigest) {
                endpoints.add(endpoint(rule.get().at(mirror.location(), repository), mirror.transport(), Kind.MIRROR));
            }
        }
        endpoints.add(primary(repository, rule.get()));
        return endpoints;
    }

    /** Where to write to: mirrors are read only. */
    public Endpoint primary(ImageReference reference) throws JrunException {
        Optional<RegistryRule> rule = ruleFor(reference.repository());
        if (rule.isEmpty()) {
            return new Endpoint(reference.repository(), Transport.VERIFIED, Kind.PRIMARY);
        }
        refuseBlocked(reference, rule.get());
        return primary(reference.repository(), rule.get());
    }

    private static Endpoint primary(Repository repository, RegistryRule rule) throws CorruptDataException {
        return endpoint(rule.atPrimary(repository), rule.transport(), Kind.PRIMARY);
    }

    private static void refuseBlocked(ImageReference reference, RegistryRule rule) throws DeniedException {
        if (rule.access() == Access.BLOCKED) {
            throw new DeniedException(
                    Failure.of("use " + reference, "this site blocks " + rule.prefix() + " in its " + NAME)
                            .hint("ask those who run this machine for another registry"));
        }
    }

    private Optional<RegistryRule> ruleFor(Repository repository) {
        return rules.values().stream()
                .filter(rule -> rule.matches(repository))
                .max(Comparator.comparingInt(
                        rule -> rule.prefix().startsWith("*.") ? 0 : rule.matchedLength(repository)));
    }

    private static Endpoint endpoint(String name, Transport transport, Kind kind) throws CorruptDataException {
        try {
            int slash = name.indexOf('/');
            Repository repository = new Repository(name.substring(0, Math.max(slash, 0)), name.substring(slash + 1));
            return new Endpoint(repository, transport, kind);
        } catch (IllegalArgumentException notAReference) {
            throw new CorruptDataException(
                    Failure.of("read " + NAME, "its rules make \"" + name + "\", which is no repository")
                            .hint("a location is HOST[:PORT][/PATH]"),
                    notAReference);
        }
    }

    /** Who is asked for accounts, in this order; empty where nothing is said. See {@link io.jrun.image.account.Accounts}. */
    public List<String> credentialHelpers() {
        return credentialHelpers;
    }

    /** Whether a registry may be asked without a certificate that somebody vouches for. */
    public Transport transport(String registry) {
        RegistryRule rule = rules.get(registry);
        return rule == null ? Transport.VERIFIED : rule.transport();
    }
}
