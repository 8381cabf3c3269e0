package io.jrun.cli.container;

import io.jrun.cli.console.Replacement;
import io.jrun.cli.console.RoomCheck;
import io.jrun.cli.progress.ImportListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What the commands on containers call. Failures are {@link io.jrun.error.JrunException}s. */
public interface ContainerOperations {

    Created createContainer(CreateRequest request, ImportListener listener) throws IOException;

    /** What to make; what is empty was left to jrun. */
    record CreateRequest(Path imageFile, Optional<String> name, Replacement replacement, RoomCheck roomCheck) {}

    /** @param notes what could not be kept, one sentence each */
    record Created(String container, long sizeInBytes, List<String> notes) {
        public Created {
            notes = List.copyOf(notes);
        }
    }

    /** By name, ascending. */
    List<ContainerSummary> containers() throws IOException;

    /** Those of the caller that run, the oldest first. */
    List<RunningSummary> running() throws IOException;

    void removeContainer(String name) throws IOException;
}
