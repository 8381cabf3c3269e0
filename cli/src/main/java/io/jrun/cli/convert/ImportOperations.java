package io.jrun.cli.convert;

import io.jrun.cli.console.RoomCheck;
import io.jrun.cli.progress.ImportListener;
import java.io.IOException;

/** What the commands that convert call. Failures are {@link io.jrun.error.JrunException}s. */
public interface ImportOperations {

    ImportResult importImage(ImportRequest request, ImportListener listener) throws IOException;

    /** What an import would do; fetches the manifest and writes nothing. */
    ImportPlan planImport(ImportRequest request) throws IOException;

    ImportResult exportContainer(String name, ImportRequest.Target target, RoomCheck room, ImportListener listener)
            throws IOException;

    LoadResult loadContainer(LoadRequest request, ImportListener listener) throws IOException;
}
