package io.jrun.cli.resource;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.cgroup.Usage;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.host.RunningContainer;
import io.jrun.runtime.launch.RunningSearch;
import java.io.IOException;
import java.nio.file.Path;

/** Of this host. */
public final class HostStats implements StatsOperations {

    @Override
    public ContainerUsage usage(String target) throws IOException {
        RunningContainer container =
                new RunningSearch(new KernelFiles()).find(ByteString.of(target), "show what is used by", "stats");
        Usage usage = Usage.of(Path.of("/"), container.first().pid())
                .orElseThrow(() -> new HostUnsupportedException(
                        Failure.of("show what is used by " + target, "this host has no cgroups of version 2 (ENODEV)")
                                .hint("ask an administrator to boot with systemd.unified_cgroup_hierarchy=1")));
        return new ContainerUsage(container.name().toString(), container.pid(), usage);
    }
}
