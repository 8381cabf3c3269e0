package io.jrun.runtime.oci;

import java.util.List;
import java.util.Optional;

/**
 * A process to add to a running container; all paths on the host are absolute.
 *
 * @param description file with what config.json calls "process"; empty: the container's own, with the rest of this
 * @param arguments from argv[0] on; only without a description
 * @param environment "NAME=value", added to the container's; only without a description
 * @param directory inside; only without a description
 * @param user "UID" or "UID:GID"; only without a description
 * @param terminal whether it has one; only without a description
 * @param attached whether the caller waits for its end
 * @param processFile takes the process ID
 * @param consoleSocket gets the terminal
 * @param preservedDescriptors how many behind standard error it inherits
 */
public record AddRequest(
        String id,
        Optional<String> description,
        List<String> arguments,
        List<String> environment,
        Optional<String> directory,
        Optional<String> user,
        boolean terminal,
        boolean attached,
        Optional<String> processFile,
        Optional<String> consoleSocket,
        int preservedDescriptors) {
    public AddRequest {
        arguments = List.copyOf(arguments);
        environment = List.copyOf(environment);
    }
}
