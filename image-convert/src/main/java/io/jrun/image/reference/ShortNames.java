package io.jrun.image.reference;

import io.jrun.error.UsageException;

/** What a name without a registry means. */
@FunctionalInterface
public interface ShortNames {

    /** Docker's rule: such names are Docker Hub's. */
    ShortNames DOCKER_HUB = path -> new Repository(Repository.DOCKER_HUB, path);

    /** @param path valid as the path of a repository */
    Repository repository(String path) throws UsageException;
}
