package io.jrun.runtime.plan;

import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.device.DeviceLink;
import io.jrun.runtime.device.DeviceNode;
import io.jrun.runtime.device.DeviceNote;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.device.FileBind;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.RootfsResolver.Resolved;
import io.jrun.runtime.loader.LoaderFile;
import io.jrun.runtime.plan.PlanStep.BindMount;
import io.jrun.runtime.plan.PlanStep.Restriction;
import io.jrun.runtime.plan.PlanStep.Shown;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Turns a device set into mounts and files of the plan. What cannot be placed is left out with a note: nothing here ends
 * a start.
 */
final class DevicePlanner {

    private static final ByteString DEV = ByteString.of("/dev");
    private static final ByteString SLASH = ByteString.of("/");

    private final DeviceSet set;
    private final MountPlanner mounts;
    private final HostFiles files;
    private final OwnFiles own;
    private final List<DeviceNote> notes = new ArrayList<>();
    private Optional<OwnDev> ownDev = Optional.empty();

    DevicePlanner(DeviceSet set, MountPlanner mounts, HostFiles files, OwnFiles own) {
        this.set = set;
        this.mounts = mounts;
        this.files = files;
        this.own = own;
        this.notes.addAll(set.notes());
    }

    List<DeviceNote> notes() {
        return notes;
    }

    /** Whether a node has to show where the host's /dev has no place for it. */
    boolean needsOwnDev() {
        for (DeviceNode node : set.nodes()) {
            boolean below = node.path().startsWith("/dev/");
            if (below && !files.stat(ByteString.of(node.path())).kind().isPresent()) {
                return true;
            }
        }
        return false;
    }

    /** In place of the host's /dev. */
    void planOwnDev() throws JrunException {
        OwnDev made = new OwnDev(mounts, files, own);
        made.plan(mounts.placeForDirectory(DEV));
        ownDev = Optional.of(made);
    }

    /** Behind all other mounts. */
    void plan(boolean writable) throws JrunException {
        for (DeviceNode node : set.nodes()) {
            planNode(node);
        }
        for (DeviceNode node : set.hidden()) {
            hide(node);
        }
        Map<String, Shelf> shelves = Shelf.of(set.binds(), set.links());
        Map<String, Boolean> done = new LinkedHashMap<>();
        int number = 0;
        for (Map.Entry<String, Shelf> shelf : shelves.entrySet()) {
            done.put(shelf.getKey(), planShelf(shelf.getValue(), "driver" + number++));
        }
        for (FileBind bind : set.binds()) {
            if (!done.containsKey(Shelf.directory(bind.path()))) {
                planBind(bind);
            }
        }
        for (DeviceLink link : set.links()) {
            if (!Shelf.holds(shelves, link)) {
                planLink(link, writable);
            }
        }
        planLoader();
        planModes();
    }

    private void planNode(DeviceNode node) throws JrunException {
        ByteString source = ByteString.of(node.hostPath());
        if (ownDev.isPresent() && node.path().startsWith("/dev/")) {
            ownDev.get().add(source, node.path().substring(DEV.length()), node.reason());
            return;
        }
        ByteString path = ByteString.of(node.path());
        if (mounts.shows(path, source)) {
            mounts.add(new Shown("device", path, source, node.reason()));
            return;
        }
        Optional<ByteString> place = place(node.path(), FileKind.SPECIAL);
        if (place.isPresent()) {
            mounts.add(new BindMount(source, place.get(), false, true, Set.of(), node.reason()));
            mounts.cover(place.get(), Optional.of(source));
        }
    }

    /** Without devices a mount lets none be opened, whoever asks: mount(2), MS_NODEV. */
    private void hide(DeviceNode node) throws JrunException {
        ByteString path = ByteString.of(node.path());
        ByteString source = ByteString.of(node.hostPath());
        if (ownDev.isEmpty() && mounts.shows(path, source)) {
            mounts.add(new BindMount(source, path, false, true, Set.of(Restriction.NO_DEVICES), node.reason()));
        }
    }

    private Optional<ByteString> place(String path, FileKind kind) throws JrunException {
        try {
            return Optional.of(mounts.placeFor(ByteString.of(path), kind));
        } catch (NotFoundException | UsageException noPlace) {
            note(path + " is left out: " + noPlace.failure().why());
            return Optional.empty();
        }
    }

    private void note(String text) {
        notes.add(new DeviceNote(DeviceNote.Weight.DETAIL, text));
    }

    /** One mount for a directory of ours, one for each of the host's whose files it shows. */
    private boolean planShelf(Shelf shelf, String tree) throws JrunException {
        Optional<ByteString> place = place(shelf.path(), FileKind.DIRECTORY);
        if (place.isEmpty()) {
            return true;
        }
        String origin = "driver's libraries";
        mounts.add(
                new BindMount(OwnFiles.source(tree), place.get(), false, false, Set.of(Restriction.READ_ONLY), origin));
        mounts.cover(place.get(), Optional.empty());
        own.makeTree(tree);
        List<String> hosts = shelf.hostDirectories();
        for (int i = 0; i < hosts.size(); i++) {
            ByteString point = ByteString.of("/" + Shelf.mountName(i));
            own.point(tree, point, PlannedStart.PointKind.DIRECTORY);
            mounts.add(new BindMount(
                    ByteString.of(hosts.get(i)),
                    place.get().plus(point),
                    true,
                    true,
                    Set.of(Restriction.READ_ONLY, Restriction.NO_SUID, Restriction.NO_DEVICES),
                    origin));
        }
        for (FileBind bind : shelf.binds()) {
            ByteString name = ByteString.of(bind.path().substring(shelf.path().length()));
            own.link(tree, name, ByteString.of(shelf.target(bind)));
            mounts.add(new Shown("library", ByteString.of(bind.path()), ByteString.of(bind.hostPath()), bind.reason()));
        }
        for (DeviceLink link : shelf.links()) {
            own.link(tree, ByteString.of(link.path().substring(shelf.path().length())), ByteString.of(link.target()));
            mounts.add(new Shown("link", ByteString.of(link.path()), ByteString.of(link.target()), link.reason()));
        }
        return true;
    }

    private void planBind(FileBind bind) throws JrunException {
        ByteString source = ByteString.of(bind.hostPath());
        ByteString path = ByteString.of(bind.path());
        if (mounts.shows(path, source)) {
            mounts.add(new Shown("file", path, source, bind.reason()));
            return;
        }
        boolean directory = bind.kind() == FileBind.Kind.DIRECTORY;
        Optional<ByteString> place = place(bind.path(), directory ? FileKind.DIRECTORY : FileKind.REGULAR);
        if (place.isPresent()) {
            mounts.add(new BindMount(source, place.get(), directory, true, restrictions(bind), bind.reason()));
            mounts.cover(place.get(), Optional.of(source));
        }
    }

    private static Set<Restriction> restrictions(FileBind bind) {
        List<Restriction> found = new ArrayList<>();
        for (String option : bind.options()) {
            switch (option) {
                case "ro" -> found.add(Restriction.READ_ONLY);
                case "nosuid" -> found.add(Restriction.NO_SUID);
                case "nodev" -> found.add(Restriction.NO_DEVICES);
                case "noexec" -> found.add(Restriction.NO_EXEC);
                case "nosymfollow" -> found.add(Restriction.NO_SYMBOLIC_LINKS);
                default -> {
                    // What else mount(8) knows does not restrict.
                }
            }
        }
        return Set.copyOf(found);
    }

    /** In the root file system, by a layer above it or, where that is written to, in itself. */
    private void planLink(DeviceLink link, boolean writable) throws JrunException {
        int slash = link.path().lastIndexOf('/');
        ByteString name = ByteString.of(link.path().substring(slash));
        if (ownDev.isPresent() && link.path().startsWith("/dev/")) {
            own.link(OwnDev.TREE, ByteString.of(link.path().substring(DEV.length())), ByteString.of(link.target()));
            return;
        }
        Resolved parent =
                mounts.look(ByteString.of(slash == 0 ? "/" : link.path().substring(0, slash)));
        boolean directory = parent.kind() == FileKind.DIRECTORY || parent.kind() == FileKind.MISSING;
        if (!directory || parent.obstacle().isPresent() || mounts.isMounted(parent.path())) {
            note("the link " + link.path() + " is left out: its directory is none, or a mount");
            return;
        }
        ByteString path = parent.path().equals(SLASH) ? name : parent.path().plus(name);
        FileKind there = mounts.kindInRoot(path);
        if (there == FileKind.DIRECTORY || (writable && there == FileKind.REGULAR)) {
            note("the link " + link.path() + " is left out: the container has something there");
            return;
        }
        own.link(OwnFiles.LAYER, path, ByteString.of(link.target()));
        mounts.add(new Shown("link", path, ByteString.of(link.target()), link.reason()));
    }

    private void planLoader() throws JrunException {
        if (set.loader().isEmpty()) {
            return;
        }
        LoaderFile loader = set.loader().get();
        Optional<ByteString> place = mounts.placeForFile(loader.path());
        if (place.isEmpty()) {
            note(loader.path() + " is left out: a mount is in its place, so libraries are not found by name");
            return;
        }
        own.file(loader);
        mounts.addFile(OwnFiles.source(loader.name()), place.get(), false, "dynamic linker: the driver's libraries");
    }

    /** Only of directories that are made for the start: all others are the host's or the image's. */
    private void planModes() {
        for (Map.Entry<String, String> mode : set.modes().entrySet()) {
            int bits = mode.getValue().matches("0?[0-7]{3}") ? Integer.parseInt(mode.getValue(), 8) : 0755;
            boolean inDev = ownDev.isPresent() && mode.getKey().startsWith("/dev/");
            String path = inDev ? mode.getKey().substring(DEV.length()) : mode.getKey();
            own.mode(inDev ? OwnDev.TREE : OwnFiles.LAYER, ByteString.of(path), bits);
        }
    }
}
