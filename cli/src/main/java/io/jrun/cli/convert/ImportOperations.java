package io.jrun.cli.convert;

import io.jrun.cli.progress.ImportListener;
import java.io.IOException;

/** What {@code import} calls. Failures are {@link io.jrun.error.JrunException}s. */
public interface ImportOperations {

    ImportResult importImage(ImportRequest request, ImportListener listener) throws IOException;

    /** What {@link #importImage} would do; asks the registry, fetches no layer and writes no image file. */
    ImportPlan planImport(ImportRequest request) throws IOException;
}
