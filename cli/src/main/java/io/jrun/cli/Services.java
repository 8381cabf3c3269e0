package io.jrun.cli;

import io.jrun.cli.bcast.BcastOperations;
import io.jrun.cli.bcast.HostBcast;
import io.jrun.cli.cache.CacheOperations;
import io.jrun.cli.cache.HostCache;
import io.jrun.cli.config.ConfigOperations;
import io.jrun.cli.config.HostConfig;
import io.jrun.cli.console.Console;
import io.jrun.cli.container.ContainerOperations;
import io.jrun.cli.container.ContainerStores;
import io.jrun.cli.container.HostContainers;
import io.jrun.cli.convert.BundleOperations;
import io.jrun.cli.convert.HostBundles;
import io.jrun.cli.convert.HostImports;
import io.jrun.cli.convert.ImportOperations;
import io.jrun.cli.device.DeviceOperations;
import io.jrun.cli.device.HostDevices;
import io.jrun.cli.host.HostOperations;
import io.jrun.cli.host.ThisHost;
import io.jrun.cli.look.HostLook;
import io.jrun.cli.look.LookOperations;
import io.jrun.cli.mpi.HostMpiCheck;
import io.jrun.cli.mpi.MpiOperations;
import io.jrun.cli.oci.HostOci;
import io.jrun.cli.oci.OciOperations;
import io.jrun.cli.registry.HostRegistry;
import io.jrun.cli.registry.RegistryOperations;
import io.jrun.cli.resource.HostStats;
import io.jrun.cli.resource.StatsOperations;
import io.jrun.cli.slurm.HostSlurm;
import io.jrun.cli.slurm.SlurmOperations;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.function.Consumer;

/** Everything behind the command line, by group of commands; made when a command of the group is. */
interface Services {

    ImportOperations imports();

    BundleOperations bundles();

    ContainerOperations containers();

    LookOperations look();

    CacheOperations cache();

    RegistryOperations registries();

    ConfigOperations config();

    HostOperations host();

    DeviceOperations devices();

    OciOperations oci();

    SlurmOperations slurm();

    MpiOperations mpi();

    BcastOperations bcast();

    StatsOperations stats();

    static Services ofThisHost(Console console) {
        Map<String, String> environment = console.environment();
        Consumer<String> notes = note -> console.err().println("jrun: " + note);
        return new Services() {
            @Override
            public ImportOperations imports() {
                return new HostImports(environment, new ContainerStores(environment, notes), Clock.systemUTC());
            }

            @Override
            public BundleOperations bundles() {
                return new HostBundles(environment);
            }

            @Override
            public ContainerOperations containers() {
                return new HostContainers(environment, notes, Clock.systemUTC());
            }

            @Override
            public LookOperations look() {
                return new HostLook(new ContainerStores(environment, notes));
            }

            @Override
            public CacheOperations cache() {
                return new HostCache(environment, Clock.systemUTC());
            }

            @Override
            public RegistryOperations registries() {
                return new HostRegistry(environment);
            }

            @Override
            public ConfigOperations config() {
                return new HostConfig();
            }

            @Override
            public HostOperations host() {
                return new ThisHost(environment);
            }

            @Override
            public DeviceOperations devices() {
                return new HostDevices();
            }

            @Override
            public OciOperations oci() {
                return new HostOci(environment, notes);
            }

            @Override
            public SlurmOperations slurm() {
                return new HostSlurm(Path.of(environment.getOrDefault("JRUN_HOME", "/")), notes);
            }

            @Override
            public MpiOperations mpi() {
                return new HostMpiCheck(new ContainerStores(environment, notes), environment);
            }

            @Override
            public BcastOperations bcast() {
                return new HostBcast(environment);
            }

            @Override
            public StatsOperations stats() {
                return new HostStats();
            }
        };
    }
}
