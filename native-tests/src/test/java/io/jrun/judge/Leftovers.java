package io.jrun.judge;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What starts of one home leave behind: processes, mounts on the host, and files where starts write some. */
final class Leftovers {

    private final Path home;
    private final List<Path> places;

    /** @param places whose files are compared */
    Leftovers(Path home, List<Path> places) {
        this.home = home;
        this.places = List.copyOf(places);
    }

    /** Processes and mounts that stay; a helper ends when the kernel has taken its mount away, so that is waited for. */
    List<String> running() throws IOException, InterruptedException {
        List<String> found = List.of();
        for (int i = 0; i < 1000; i++) {
            found = Stream.concat(processes().stream(), mounts().stream()).toList();
            if (found.isEmpty()) {
                return found;
            }
            Thread.sleep(5);
        }
        return found;
    }

    /** Relative to nothing: absolute paths of all files and directories in the places. */
    Set<String> files() throws IOException {
        Set<String> found = new TreeSet<>();
        for (Path place : places) {
            if (Files.isDirectory(place)) {
                try (Stream<Path> all = Files.walk(place)) {
                    all.forEach(each -> found.add(each.toString()));
                }
            }
        }
        return found;
    }

    private List<String> processes() throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            for (Path process : all.filter(each -> each.getFileName().toString().matches("\\d+"))
                    .toList()) {
                String line = commandLine(process);
                boolean helper = line.contains(home.toString());
                if (helper || line.startsWith(Workbench.launcher().toString())) {
                    found.add(line.replace('\0', ' '));
                }
            }
        }
        return found;
    }

    /** Empty for a process that has ended. */
    private static String commandLine(Path process) {
        try {
            return Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException ended) {
            return "";
        }
    }

    private List<String> mounts() {
        return Host.lines("/proc/self/mountinfo").stream()
                .filter(line -> line.contains(home.toString()))
                .toList();
    }
}
