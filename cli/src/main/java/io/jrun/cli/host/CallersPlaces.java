package io.jrun.cli.host;

import io.jrun.runtime.bcast.LocalImages;
import io.jrun.runtime.cgroup.Hierarchy;
import io.jrun.runtime.host.KernelFiles;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Where, outside of store and cache, processes of the caller put what is to be gone when they are. */
final class CallersPlaces {

    private final Map<String, String> environment;

    CallersPlaces(Map<String, String> environment) {
        this.environment = environment;
    }

    private Optional<Path> variable(String name) {
        return Optional.ofNullable(environment.get(name))
                .filter(value -> value.startsWith("/"))
                .map(Path::of);
    }

    /** Where nothing else is given. */
    private static Path shared() throws IOException {
        return Path.of("/tmp", "jrun-" + uid());
    }

    /** Where ranks that share namespaces meet. */
    List<Path> meetings() throws IOException {
        List<Path> places = new ArrayList<>();
        Optional<Path> named = variable("XDG_RUNTIME_DIR").map(value -> value.resolve("jrun"));
        if (named.isPresent() && isOurs(named.get())) {
            places.add(named.get());
        }
        if (isOurs(shared())) {
            places.add(shared());
        }
        return places;
    }

    /** Where bundles extract themselves, which look at all of these variables. */
    Set<Path> bundles() throws IOException {
        Set<Path> places = new LinkedHashSet<>();
        variable("XDG_CACHE_HOME").ifPresent(value -> places.add(value.resolve("jrun/bundles")));
        variable("HOME").ifPresent(value -> places.add(value.resolve(".cache/jrun/bundles")));
        if (isOurs(shared())) {
            places.add(shared().resolve("bundles"));
        }
        return places;
    }

    /** Where {@code jrun bcast} writes on this node. */
    Path localImages() throws IOException {
        return Path.of(LocalImages.ofCaller(new KernelFiles()).directory().toString());
    }

    /** Beside and above the caller's own cgroup; those in scopes are systemd's to remove. */
    List<Path> cgroups() throws IOException {
        Optional<Hierarchy> hierarchy = Hierarchy.read(Path.of("/"), "self");
        List<Path> places = new ArrayList<>();
        if (hierarchy.isPresent()) {
            places.addAll(hierarchy.get().upwards(hierarchy.get().own()));
            variable("JRUN_CGROUP").ifPresent(places::add);
        }
        return places;
    }

    /** Where {@code jrun check} tries things: in and above the given directories, and where there is memory. */
    Set<Path> scratchParents(List<Path> directories) {
        Set<Path> parents = new LinkedHashSet<>();
        for (Path directory : directories) {
            for (Path at = directory; at != null; at = at.getParent()) {
                parents.add(at);
            }
        }
        variable("XDG_RUNTIME_DIR").ifPresent(parents::add);
        parents.add(Path.of("/tmp"));
        parents.add(Path.of("/dev/shm"));
        return parents;
    }

    private static Object uid() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }

    /** Whether the caller owns it; not where he may not look. */
    static boolean isOurs(Path path) throws IOException {
        try {
            return Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS)
                    .equals(uid());
        } catch (FileSystemException goneOrHidden) {
            return false;
        }
    }
}
