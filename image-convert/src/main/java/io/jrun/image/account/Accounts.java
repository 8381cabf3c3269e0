package io.jrun.image.account;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.image.reference.Repository;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds a user's account for a repository: in the JSON files of other tools first, then in enroot's file. Where a site names
 * credential helpers, these are asked in place of the files, or before and behind them as it says. Source:
 * containers-registries.conf(5), "credential-helpers".
 */
public final class Accounts {

    /** Enroot's users write the account for Docker Hub under the host of its token service. */
    private static final String DOCKER_HUB_TOKEN_HOST = "auth.docker.io";

    /** In place of a helper: the JSON files. */
    private static final String FILES = "containers-auth.json";

    private final Map<String, String> environment;
    private final List<String> helpers;
    private final CredentialFiles files;
    private final EnrootCredentials enroot;
    private final boolean onlyFiles;

    public Accounts(Map<String, String> environment, Optional<Path> chosenFile) {
        this(environment, chosenFile, List.of());
    }

    /**
     * @param chosenFile what the user named; it must then exist and nothing else is asked
     * @param helpers what the site names; may be empty
     */
    public Accounts(Map<String, String> environment, Optional<Path> chosenFile, List<String> helpers) {
        this.environment = Map.copyOf(environment);
        this.helpers = helpers.isEmpty() || chosenFile.isPresent() ? List.of(FILES) : List.copyOf(helpers);
        this.files = new CredentialFiles(environment, chosenFile);
        this.enroot = new EnrootCredentials(environment);
        this.onlyFiles = chosenFile.isPresent();
    }

    /** The account for a repository, with the user's name where he asked for one. */
    public Credentials lookup(Repository repository, Optional<String> user) throws JrunException {
        Optional<Credentials> found = prescribed(repository, user);
        if (found.isEmpty() && !onlyFiles) {
            found = enroot.lookup(hosts(repository), user);
        }
        if (found.isEmpty() && user.isPresent()) {
            throw new DeniedException(Failure.of(
                            "log in to " + repository.registry(), "no password of user \"" + user.get() + "\" is known")
                    .hint("store it with `jrun login -u " + user.get() + ' ' + repository.registry()
                            + "`, or name the file with --authfile"));
        }
        return found.orElse(new Credentials.Anonymous());
    }

    /** What the first of the site's places says that knows anything; one that fails is told only if no other does. */
    private Optional<Credentials> prescribed(Repository repository, Optional<String> user) throws JrunException {
        Optional<JrunException> failure = Optional.empty();
        for (String helper : helpers) {
            try {
                Optional<Credentials> found = helper.equals(FILES)
                        ? files.lookup(repository, user)
                        : CredentialHelper.named(helper, environment)
                                .credentials(repository.registry())
                                .filter(account -> CredentialFiles.matches(account, user));
                if (found.isPresent()) {
                    return found;
                }
            } catch (JrunException e) {
                failure = failure.or(() -> Optional.of(e));
            }
        }
        if (failure.isPresent()) {
            throw failure.get();
        }
        return Optional.empty();
    }

    private static List<String> hosts(Repository repository) {
        List<String> hosts = new ArrayList<>(List.of(repository.registry(), repository.apiHost()));
        if (repository.registry().equals(Repository.DOCKER_HUB)) {
            hosts.add(DOCKER_HUB_TOKEN_HOST);
        }
        return hosts;
    }

    /**
     * The account that enroot's file has for the host of a registry's token service. Such a host must be a parent or a
     * child of the registry's own: a registry that could name any host could have tokens of other registries made for
     * itself.
     */
    public Optional<Credentials> lookupTokenService(String registry, String tokenHost) throws JrunException {
        String host = registry.replaceFirst(":[0-9]+$", "");
        boolean related = tokenHost.equals(host) || tokenHost.endsWith('.' + host) || isParent(tokenHost, host);
        return related && !onlyFiles ? enroot.lookup(List.of(tokenHost), Optional.empty()) : Optional.empty();
    }

    private static boolean isParent(String parent, String host) {
        return parent.indexOf('.') > 0 && host.endsWith('.' + parent);
    }
}
