package io.jrun.image.layer;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The slow and obvious way to merge layers: from the lowest up, on one map of full paths, as a file system would do it.
 * Shares nothing with the merge under test.
 */
final class ReferenceExtraction {

    /** What one inode is; names share it. */
    static final class Inode {
        final TarItem item;

        Inode(TarItem item) {
            this.item = item;
        }
    }

    /** Thrown with nothing changed. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String why) {
            super(why);
        }
    }

    /** Path without slashes around it to inode; "" is the root. */
    private final TreeMap<String, Inode> files = new TreeMap<>();

    private final Set<String> touched = new HashSet<>();

    ReferenceExtraction() {
        files.put("", new Inode(TarItem.base('5', "").mode(0755).time(0, 0)));
    }

    void startLayer() {
        touched.clear();
    }

    /** Whether the entry lies below something that is no directory, which makes an extraction fail. */
    boolean hasFileAbove(TarItem item) throws Refused {
        List<String> names = clean(item.path());
        if (names.isEmpty()) {
            return false;
        }
        List<String> parent = resolve(names.subList(0, names.size() - 1));
        for (int i = 1; i <= parent.size(); i++) {
            Inode inode = files.get(String.join("/", parent.subList(0, i)));
            if (inode != null && inode.item.type() != '5') {
                return true;
            }
        }
        return false;
    }

    void apply(TarItem item) throws Refused {
        List<String> names = clean(item.path());
        if (names.isEmpty()) {
            files.put("", new Inode(item));
            return;
        }
        String name = names.remove(names.size() - 1);
        List<String> parent = resolve(names);
        if (name.equals(".wh..wh..opq")) {
            sweepBelow(String.join("/", parent));
            return;
        }
        if (name.startsWith(".wh.")) {
            whiteOut(join(parent, name.substring(4)));
            return;
        }
        String path = join(parent, name);
        TreeMap<String, Inode> before = new TreeMap<>(files);
        makeParents(parent);
        Inode old = files.get(path);
        boolean merges = old != null && old.item.type() == '5' && item.type() == '5';
        if (!merges) {
            removeAll(path);
        }
        try {
            files.put(path, item.type() == '1' ? target(item) : new Inode(item));
        } catch (Refused refused) {
            files.clear();
            files.putAll(before);
            throw refused;
        }
        for (String at = path; !at.isEmpty(); at = at.contains("/") ? at.substring(0, at.lastIndexOf('/')) : "") {
            touched.add(at);
        }
    }

    private Inode target(TarItem link) throws Refused {
        List<String> names = clean(link.target());
        if (names.isEmpty()) {
            throw new Refused("link to the root");
        }
        String name = names.remove(names.size() - 1);
        Inode found = files.get(join(resolve(names), name));
        if (found == null || found.item.type() == '5') {
            throw new Refused("dangling link");
        }
        return found;
    }

    private void makeParents(List<String> parent) {
        for (int i = 1; i <= parent.size(); i++) {
            String path = String.join("/", parent.subList(0, i));
            Inode old = files.get(path);
            if (old == null || old.item.type() != '5') {
                TarItem above = files.get(String.join("/", parent.subList(0, i - 1))).item;
                boolean inherits = (above.mode() & 02000) != 0;
                files.put(
                        path,
                        new Inode(TarItem.base('5', path)
                                .mode(inherits ? 02755 : 0755)
                                .owner(0, inherits ? above.gid() : 0)
                                .time(0, 0)));
            }
        }
    }

    private void whiteOut(String path) {
        if (touched.contains(path)) {
            sweepBelow(path);
        } else {
            removeAll(path);
        }
    }

    private void sweepBelow(String path) {
        String prefix = path.isEmpty() ? "" : path + "/";
        files.keySet().removeIf(each -> !each.isEmpty() && each.startsWith(prefix) && !touched.contains(each));
    }

    private void removeAll(String path) {
        files.keySet().removeIf(each -> each.equals(path) || each.startsWith(path + "/"));
    }

    private static String join(List<String> parent, String name) {
        return parent.isEmpty() ? name : String.join("/", parent) + "/" + name;
    }

    private static List<String> clean(String path) {
        List<String> names = new ArrayList<>();
        for (String name : path.split("/", -1)) {
            if (name.equals("..")) {
                if (!names.isEmpty()) {
                    names.remove(names.size() - 1);
                }
            } else if (!name.isEmpty() && !name.equals(".")) {
                names.add(name);
            }
        }
        return names;
    }

    private List<String> resolve(List<String> names) throws Refused {
        List<String> done = new ArrayList<>();
        List<String> todo = new ArrayList<>(names);
        int links = 0;
        while (!todo.isEmpty()) {
            String name = todo.remove(0);
            if (name.equals("..")) {
                if (!done.isEmpty()) {
                    done.remove(done.size() - 1);
                }
                continue;
            }
            Inode inode = files.get(join(done, name));
            if (inode == null || inode.item.type() != '2') {
                done.add(name);
                continue;
            }
            if (++links > 40) {
                throw new Refused("symbolic links in a circle");
            }
            if (inode.item.target().startsWith("/")) {
                done.clear();
            }
            List<String> expanded = new ArrayList<>();
            for (String part : inode.item.target().split("/", -1)) {
                if (!part.isEmpty() && !part.equals(".")) {
                    expanded.add(part);
                }
            }
            todo.addAll(0, expanded);
        }
        return done;
    }

    List<String> nonDirectories() {
        return files.entrySet().stream()
                .filter(each -> each.getValue().item.type() != '5')
                .map(Map.Entry::getKey)
                .toList();
    }

    /** In the form of {@link MergedImage#fullListing}. */
    Map<String, String> fullListing() {
        Map<Inode, String> firstNames = new java.util.HashMap<>();
        Map<String, String> lines = new TreeMap<>();
        files.keySet().stream().sorted(MergedImage.TREE_ORDER).forEach(path -> {
            Inode inode = files.get(path);
            String first = firstNames.putIfAbsent(inode, path);
            lines.put(path, (first == null ? drawn(inode.item) : " => " + first) + " " + metadata(inode.item));
        });
        return lines;
    }

    private static String drawn(TarItem item) {
        return switch (item.type()) {
            case '0' -> "=" + item.content();
            case '2' -> " -> " + item.target();
            case '3' -> ":" + item.major() + "," + item.minor();
            case '4' -> ":b" + item.major() + "," + item.minor();
            case '5' -> "/";
            default -> "|";
        };
    }

    private static String metadata(TarItem item) {
        StringBuilder text = new StringBuilder(String.format(
                "%04o %d:%d %d.%09d",
                item.type() == '2' ? 0777 : item.mode(), item.uid(), item.gid(), item.seconds(), item.nanos()));
        new TreeMap<>(item.xattrs())
                .forEach((name, value) ->
                        text.append(' ').append(name).append('=').append(value));
        return text.toString();
    }
}
