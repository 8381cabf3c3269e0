package io.jrun.cli.convert;

import io.jrun.cli.progress.ImportListener;
import java.io.IOException;

/** What {@code jrun bundle} calls. Failures are {@link io.jrun.error.JrunException}s. */
public interface BundleOperations {

    BundleResult bundle(BundleRequest request, ImportListener listener) throws IOException;
}
