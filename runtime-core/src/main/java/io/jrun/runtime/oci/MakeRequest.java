package io.jrun.runtime.oci;

import java.util.Optional;

/**
 * A container to make; all paths are absolute.
 *
 * @param attached whether the caller waits for its end
 * @param processFile takes the process ID
 * @param consoleSocket gets the terminal
 * @param limited whether it gets a control group
 * @param preservedDescriptors how many behind standard error the program inherits
 */
public record MakeRequest(
        String id,
        String bundle,
        boolean attached,
        boolean limited,
        Optional<String> processFile,
        Optional<String> consoleSocket,
        int preservedDescriptors) {}
