package io.jrun.cli.host;

import io.jrun.cli.cache.CacheLocation;
import io.jrun.cli.console.Launcher;
import io.jrun.cli.container.ContainerStores;
import io.jrun.error.UsageException;
import io.jrun.runtime.check.HostProbe;
import io.jrun.runtime.check.Judgement;
import io.jrun.runtime.host.KernelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The host that this process runs on. */
public final class ThisHost implements HostOperations {

    private final Map<String, String> environment;

    public ThisHost(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    @Override
    public Judgement check() throws IOException {
        Path home = new Launcher(environment).home();
        HostProbe probe = new HostProbe(new KernelFiles(), environment, home, dataPath(), cache());
        return Judgement.of(probe.collect());
    }

    @Override
    public Cleaning clean(List<Path> directories, Effect effect) throws IOException {
        return new Cleaner(environment, dataPath(), cache(), Instant.now()).clean(directories, effect);
    }

    private Optional<Path> dataPath() {
        try {
            return Optional.of(new ContainerStores(environment, note -> {}).dataPath());
        } catch (UsageException noVariableTells) {
            return Optional.empty();
        }
    }

    private Optional<Path> cache() {
        try {
            return Optional.of(CacheLocation.of(environment).directory());
        } catch (UsageException noVariableTells) {
            return Optional.empty();
        }
    }
}
