package io.jrun.runtime.plan;

import io.jrun.runtime.device.DeviceLink;
import io.jrun.runtime.device.FileBind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A directory inside that holds nothing but files of the host: symbolic links into the host's directories, each mounted
 * below it once, stand for them. A driver has fifty libraries, and fifty mounts would cost a start more than all else.
 *
 * @param path of the directory
 * @param links within it or below it
 */
record Shelf(String path, List<FileBind> binds, List<DeviceLink> links) {

    /** No image has files of its own there. */
    private static final String OURS = "/usr/local/nvidia/";

    private static final String MOUNT = ".driver";

    Shelf {
        binds = List.copyOf(binds);
        links = List.copyOf(links);
    }

    /** By their paths, in the order of the first file. */
    static Map<String, Shelf> of(List<FileBind> binds, List<DeviceLink> links) {
        Map<String, List<FileBind>> grouped = new LinkedHashMap<>();
        for (FileBind bind : binds) {
            if (bind.path().startsWith(OURS) && bind.kind() == FileBind.Kind.FILE) {
                grouped.computeIfAbsent(directory(bind.path()), made -> new ArrayList<>())
                        .add(bind);
            }
        }
        Map<String, Shelf> shelves = new LinkedHashMap<>();
        grouped.forEach((path, members) -> shelves.put(path, new Shelf(path, members, below(path, links))));
        return shelves;
    }

    private static List<DeviceLink> below(String path, List<DeviceLink> links) {
        return links.stream().filter(link -> link.path().startsWith(path + "/")).toList();
    }

    static boolean holds(Map<String, Shelf> shelves, DeviceLink link) {
        return shelves.keySet().stream().anyMatch(path -> link.path().startsWith(path + "/"));
    }

    static String directory(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }

    /** Where the host's directory of that number is mounted, as a name in the shelf. */
    static String mountName(int number) {
        return MOUNT + number;
    }

    List<String> hostDirectories() {
        return binds.stream().map(bind -> directory(bind.hostPath())).distinct().toList();
    }

    /** The text of the link that stands for a file. */
    String target(FileBind bind) {
        int number = hostDirectories().indexOf(directory(bind.hostPath()));
        return mountName(number) + bind.hostPath().substring(bind.hostPath().lastIndexOf('/'));
    }
}
