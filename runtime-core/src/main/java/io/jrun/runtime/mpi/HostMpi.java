package io.jrun.runtime.mpi;

import io.jrun.runtime.host.RootedTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What this host offers to ranks.
 *
 * @param slurmPlugins the words that {@code srun --mpi=} takes here; empty without Slurm
 * @param pmix the library that Slurm's plugin serves with
 * @param pmi2 Slurm's client library, for MPIs that load one
 * @param networks "infiniband", "cxi"
 * @param ptraceScope of the Yama module; empty without it
 */
public record HostMpi(
        Optional<List<String>> slurmPlugins,
        Optional<MpiLibrary> pmix,
        Optional<MpiLibrary> pmi2,
        List<String> networks,
        Optional<String> ptraceScope) {

    private static final Pattern PLUGIN = Pattern.compile("mpi_(.+)\\.so");
    private static final Pattern PMI2 = Pattern.compile("libpmi2\\.so\\.[0-9]+");
    private static final Pattern PLUGIN_DIRECTORY = Pattern.compile("(?im)^\\s*PluginDir\\s*=\\s*(\\S+)");

    private static final List<String> PLUGIN_DIRECTORIES = List.of(
            "/usr/lib/x86_64-linux-gnu/slurm-wlm",
            "/usr/lib/x86_64-linux-gnu/slurm",
            "/usr/lib/aarch64-linux-gnu/slurm-wlm",
            "/usr/lib/aarch64-linux-gnu/slurm",
            "/usr/lib64/slurm",
            "/usr/lib/slurm",
            "/usr/local/lib/slurm",
            "/opt/slurm/lib/slurm",
            "/opt/slurm/lib64/slurm");

    private static final int MAX_SETTINGS = 1 << 20;

    public HostMpi {
        slurmPlugins = slurmPlugins.map(List::copyOf);
        networks = List.copyOf(networks);
    }

    /** @param slurmConf the file of Slurm's settings */
    public static HostMpi read(RootedTree host, String slurmConf) throws IOException {
        LibraryPlaces places = new LibraryPlaces(host);
        Optional<String> pmi2 = places.first(PMI2);
        List<String> networks = new ArrayList<>();
        if (host.list("/dev/infiniband").stream().anyMatch(name -> name.startsWith("uverbs"))) {
            networks.add("infiniband");
        }
        if (host.list("/dev").stream().anyMatch(name -> name.matches("cxi[0-9]+"))) {
            networks.add("cxi");
        }
        return new HostMpi(
                plugins(host, slurmConf),
                ImageMpiReader.pmix(places),
                pmi2.map(path -> new MpiLibrary(path, Optional.empty())),
                networks,
                host.text("/proc/sys/kernel/yama/ptrace_scope"));
    }

    private static Optional<List<String>> plugins(RootedTree host, String slurmConf) {
        Set<String> directories = new LinkedHashSet<>();
        Optional<byte[]> settings = host.readIfAllowed(slurmConf, MAX_SETTINGS);
        if (settings.isPresent()) {
            Matcher named = PLUGIN_DIRECTORY.matcher(new String(settings.get(), StandardCharsets.UTF_8));
            if (named.find()) {
                directories.addAll(List.of(named.group(1).split(":", -1)));
            }
        }
        directories.addAll(PLUGIN_DIRECTORIES);
        for (String directory : directories) {
            List<String> words = new ArrayList<>();
            for (String file : host.list(directory)) {
                Matcher plugin = PLUGIN.matcher(file);
                if (plugin.matches()) {
                    words.add(plugin.group(1));
                }
            }
            if (!words.isEmpty()) {
                return Optional.of(words);
            }
        }
        return Optional.empty();
    }

    boolean offers(String word) {
        return slurmPlugins.isPresent() && slurmPlugins.get().contains(word);
    }
}
