package io.jrun.cli.host;

import io.jrun.cli.cache.CacheLocation;
import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.check.HostProbe;
import io.jrun.runtime.check.Judgement;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.store.DataPath;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The host that this process runs on. */
public final class ThisHost implements HostOperations {

    /** Set by the launcher for the JVM it starts. */
    private static final String INSTALLATION = "JRUN_HOME";

    private final Map<String, String> environment;

    public ThisHost(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    @Override
    public Judgement check() throws IOException {
        String home = environment.getOrDefault(INSTALLATION, "");
        if (home.isEmpty()) {
            throw new NotFoundException(Failure.of("check this host", INSTALLATION + " does not name the installation")
                    .hint("run it by bin/jrun"));
        }
        HostProbe probe = new HostProbe(new KernelFiles(), environment, Path.of(home), dataPath(), cache());
        return Judgement.of(probe.collect());
    }

    @Override
    public Cleaning clean(List<Path> directories, Effect effect) throws IOException {
        return new Cleaner(environment, dataPath(), cache(), Instant.now()).clean(directories, effect);
    }

    private Optional<Path> dataPath() {
        Map<ByteString, ByteString> bytes = new LinkedHashMap<>();
        environment.forEach((name, value) -> bytes.put(ByteString.of(name), ByteString.of(value)));
        try {
            return Optional.of(DataPath.of(bytes).path());
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
