package io.jrun.runtime.cdi;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.runtime.host.RootedTree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * All specs of a host. Of two for one device that in the later directory counts; within a directory they are a conflict,
 * told when the device is asked for, as a malformed file is. Source: CDI spec 1.1.0, "CDI JSON Definition" and directory
 * rules of its reference implementation.
 */
public final class CdiRegistry {

    /** Static ones, then those made at boot. */
    private static final List<String> DIRECTORIES = List.of("/etc/cdi", "/var/run/cdi", "/run/cdi");

    /** Real ones have some tens of kilobytes. */
    private static final int MAX_BYTES = 8 << 20;

    private final Map<String, CdiSpec> byDevice = new LinkedHashMap<>();
    private final Map<String, List<String>> conflicts = new LinkedHashMap<>();
    private final List<JrunException> failures = new ArrayList<>();

    private final List<String> directories;

    private CdiRegistry(List<String> directories) {
        this.directories = directories;
    }

    public static CdiRegistry load(RootedTree host) {
        return load(host, List.of());
    }

    /** @param further directories beside the usual ones, in ascending order of priority; missing ones are passed over */
    public static CdiRegistry load(RootedTree host, List<String> further) {
        List<String> directories = new ArrayList<>(DIRECTORIES);
        directories.addAll(further);
        CdiRegistry registry = new CdiRegistry(directories);
        Set<String> seen = new TreeSet<>();
        for (String directory : directories) {
            if (!seen.add(host.resolve(directory).orElse(directory))) {
                continue; // /var/run is a link on most hosts
            }
            Map<String, CdiSpec> here = new LinkedHashMap<>();
            for (String name : host.list(directory)) {
                if (name.matches(".*\\.(json|ya?ml)")) {
                    registry.addFile(host, directory + "/" + name, here);
                }
            }
            here.forEach((device, spec) -> {
                registry.byDevice.put(device, spec);
                if (!registry.conflictsIn(directory, device)) {
                    registry.conflicts.remove(device);
                }
            });
        }
        return registry;
    }

    private boolean conflictsIn(String directory, String device) {
        return conflicts.getOrDefault(device, List.of()).stream().anyMatch(file -> file.startsWith(directory + "/"));
    }

    private void addFile(RootedTree host, String file, Map<String, CdiSpec> here) {
        try {
            Optional<byte[]> content = host.read(file, MAX_BYTES);
            if (content.isPresent()) {
                CdiSpec spec = CdiReader.read(content.get(), file);
                for (String device : spec.devices().keySet()) {
                    CdiSpec other = here.putIfAbsent(spec.kind() + "=" + device, spec);
                    if (other != null) {
                        conflicts.put(spec.kind() + "=" + device, List.of(other.file(), file));
                    }
                }
            }
        } catch (JrunException unusable) {
            failures.add(unusable);
        }
    }

    /** Qualified names, ascending. */
    public List<String> devices() {
        return List.copyOf(new TreeSet<>(byDevice.keySet()));
    }

    /** Where a device is specified; for listings. */
    public Optional<String> fileOf(String device) {
        return Optional.ofNullable(byDevice.get(device)).map(CdiSpec::file);
    }

    /** What is wrong with files that could not be used. */
    public List<JrunException> failures() {
        return List.copyOf(failures);
    }

    /**
     * @throws CorruptDataException when specs conflict
     * @throws JrunException that of an unusable file, when it may have been the one with this device
     */
    CdiSpec find(CdiName name) throws JrunException {
        String device = name.toString();
        if (conflicts.containsKey(device)) {
            throw new CorruptDataException(Failure.of(
                            "give --device " + device,
                            "two specs describe it: " + String.join(" and ", conflicts.get(device)))
                    .hint("remove one of the two files"));
        }
        CdiSpec spec = byDevice.get(device);
        if (spec == null) {
            if (!failures.isEmpty()) {
                throw failures.get(0);
            }
            throw missing(name);
        }
        return spec;
    }

    private NotFoundException missing(CdiName name) {
        Set<String> siblings = new TreeSet<>();
        byDevice.keySet().stream()
                .filter(each -> each.startsWith(name.kind() + "="))
                .forEach(siblings::add);
        String known = siblings.isEmpty()
                ? "no device of " + name.kind() + " in " + String.join(" and ", directories)
                : String.join(", ", siblings);
        return new NotFoundException(Failure.of("give --device " + name, "no CDI spec has it")
                .comparing(name, known)
                .hint("`jrun gpu list` shows what there is; `jrun cdi generate` writes a spec of this machine's GPUs"));
    }
}
