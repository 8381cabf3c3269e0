package io.jrun.runtime.device;

import io.jrun.runtime.loader.InjectedLibrary;
import io.jrun.runtime.loader.LoaderFile;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that a start does for devices. Paths are absolute; parents of each path are made where they are missing. Of two
 * things for one path the first counts, so none is here twice.
 *
 * @param hidden nodes that the job may open and that a choice leaves out
 * @param libraries those of {@code binds} that the dynamic linker is told of, and those of the image that go first
 * @param modes permissions that CDI's chmod hook wants, by path; possible only where the caller owns the file
 * @param loader the file made for the dynamic linker; empty where none is needed or the image has no such linker
 */
public record DeviceSet(
        List<DeviceNode> nodes,
        List<DeviceNode> hidden,
        List<FileBind> binds,
        List<DeviceLink> links,
        List<DeviceVariable> variables,
        List<InjectedLibrary> libraries,
        Map<String, String> modes,
        Optional<LoaderFile> loader,
        List<DeviceNote> notes) {

    public DeviceSet {
        nodes = List.copyOf(nodes);
        hidden = List.copyOf(hidden);
        binds = List.copyOf(binds);
        links = List.copyOf(links);
        variables = List.copyOf(variables);
        libraries = List.copyOf(libraries);
        modes = Map.copyOf(modes);
        notes = List.copyOf(notes);
    }

    /** Whether a start is the same with and without it. */
    public boolean isEmpty() {
        return nodes.isEmpty() && hidden.isEmpty() && binds.isEmpty() && links.isEmpty() && variables.isEmpty();
    }

    public static DeviceSet none() {
        return builder().build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Collects; not for several threads. */
    public static final class Builder {

        private final Map<String, DeviceNode> nodes = new LinkedHashMap<>();
        private final Map<String, DeviceNode> hidden = new LinkedHashMap<>();
        private final Map<String, FileBind> binds = new LinkedHashMap<>();
        private final Map<String, DeviceLink> links = new LinkedHashMap<>();
        private final Map<String, DeviceVariable> variables = new LinkedHashMap<>();
        private final List<InjectedLibrary> libraries = new ArrayList<>();
        private final Map<String, String> modes = new LinkedHashMap<>();
        private final List<DeviceNote> notes = new ArrayList<>();
        private Optional<LoaderFile> loader = Optional.empty();

        private Builder() {}

        public Builder add(DeviceNode node) {
            nodes.putIfAbsent(node.path(), node);
            return this;
        }

        /** Not where another part of the set gives it. */
        public Builder hide(DeviceNode node) {
            hidden.putIfAbsent(node.path(), node);
            return this;
        }

        public Builder add(FileBind bind) {
            binds.putIfAbsent(bind.path(), bind);
            return this;
        }

        public Builder add(DeviceLink link) {
            links.putIfAbsent(link.path(), link);
            return this;
        }

        public Builder add(DeviceVariable variable) {
            variables.putIfAbsent(variable.name(), variable);
            return this;
        }

        public Builder add(InjectedLibrary library) {
            libraries.add(library);
            return this;
        }

        public Builder mode(String path, String octal) {
            modes.putIfAbsent(path, octal);
            return this;
        }

        public Builder loader(Optional<LoaderFile> file) {
            loader = file;
            return this;
        }

        public Builder detail(String text) {
            notes.add(new DeviceNote(DeviceNote.Weight.DETAIL, text));
            return this;
        }

        public Builder warning(String text) {
            notes.add(new DeviceNote(DeviceNote.Weight.WARNING, text));
            return this;
        }

        public boolean hasNodes() {
            return !nodes.isEmpty();
        }

        public Collection<FileBind> binds() {
            return List.copyOf(binds.values());
        }

        public List<InjectedLibrary> libraries() {
            return List.copyOf(libraries);
        }

        /** Adds all of another, behind what is here. */
        public Builder addAll(DeviceSet other) {
            other.nodes().forEach(this::add);
            other.hidden().forEach(this::hide);
            other.binds().forEach(this::add);
            other.links().forEach(this::add);
            other.variables().forEach(this::add);
            other.libraries().forEach(this::add);
            other.modes().forEach(this::mode);
            notes.addAll(other.notes());
            return this;
        }

        public DeviceSet build() {
            return new DeviceSet(
                    List.copyOf(nodes.values()),
                    hidden.values().stream()
                            .filter(node -> !nodes.containsKey(node.path()))
                            .toList(),
                    List.copyOf(binds.values()),
                    links.values().stream()
                            .filter(link -> !binds.containsKey(link.path()))
                            .toList(),
                    List.copyOf(variables.values()),
                    libraries,
                    modes,
                    loader,
                    notes);
        }
    }
}
