package io.jrun.cli.config;

import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.config.ConfigurationReader;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.HostReader;
import io.jrun.runtime.host.KernelFiles;
import java.io.IOException;

/** The configuration of this host and of the caller of this process. */
public final class HostConfig implements ConfigOperations {

    @Override
    public Configuration configuration() throws IOException {
        HostFiles files = new KernelFiles();
        return ConfigurationReader.read(files, new HostReader(files).environment());
    }
}
