package io.jrun.cli.convert;

import io.jrun.cli.console.Replacement;
import io.jrun.runtime.plan.StartOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A bundle as it was asked for.
 *
 * @param output empty for a name made from the image's
 * @param mountPoints directories that the image is to have
 * @param start how the bundle starts; its container is what the image is called
 */
public record BundleRequest(
        ImportRequest.Source source,
        Optional<Path> output,
        Replacement replacement,
        List<String> mountPoints,
        StartOptions start) {
    public BundleRequest {
        mountPoints = List.copyOf(mountPoints);
    }
}
