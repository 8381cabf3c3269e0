package io.jrun.runtime.plan;

import io.jrun.runtime.config.Consulted;
import io.jrun.runtime.device.DeviceNote;
import java.util.ArrayList;
import java.util.List;

/** Tells who wrote <code>PATH=/opt/bin:${PATH}</code> into a file that those are the host's directories. */
final class HostPathNotes {

    private static final List<String> LISTS = List.of("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "MANPATH", "PERL5LIB");

    private HostPathNotes() {}

    /** @param consulted by files of variables */
    static List<DeviceNote> of(List<Consulted> consulted) {
        List<DeviceNote> notes = new ArrayList<>();
        for (Consulted one : consulted) {
            if (one instanceof Consulted.Variable variable
                    && LISTS.contains(variable.name().toString())) {
                String name = variable.name().toString();
                notes.add(new DeviceNote(
                        DeviceNote.Weight.WARNING,
                        "a file of variables puts the host's " + name + " into the container: ${" + name
                                + "} is yours; to add to the container's write " + name + "+=:/some/directory"));
            }
        }
        return notes;
    }
}
