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

/** Finds a user's account for a repository: in the JSON files of other tools first, then in enroot's file. */
public final class Accounts {

    /** Enroot's users write the account for Docker Hub under the host of its token service. */
    private static final String DOCKER_HUB_TOKEN_HOST = "auth.docker.io";

    private final CredentialFiles files;
    private final EnrootCredentials enroot;
    private final boolean onlyFiles;

    /** @param chosenFile what the user named; it must then exist and is the only one read */
    public Accounts(Map<String, String> environment, Optional<Path> chosenFile) {
        this.files = new CredentialFiles(environment, chosenFile);
        this.enroot = new EnrootCredentials(environment);
        this.onlyFiles = chosenFile.isPresent();
    }

    /** The account for a repository, with the user's name where he asked for one. */
    public Credentials lookup(Repository repository, Optional<String> user) throws JrunException {
        Optional<Credentials> found = files.lookup(repository, user);
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
