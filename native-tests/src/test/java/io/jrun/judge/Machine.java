package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One boot of a machine with a kernel, a systemd and cgroups of its own, in which a script of {@code vm/} ran. Its root
 * file system is this machine's, so it holds the program under test.
 */
final class Machine {

    private final Map<String, List<String>> sections = new LinkedHashMap<>();

    private Machine(String output) {
        List<String> section = new ArrayList<>();
        for (String line : output.lines().toList()) {
            if (line.startsWith("== ")) {
                section = new ArrayList<>();
                sections.put(line.substring("== ".length()), section);
            } else {
                section.add(line);
            }
        }
        if (!sections.containsKey("end")) {
            throw new AssertionError("the script did not come to its end:\n" + output);
        }
    }

    /**
     * @param script of {@code vm/}, which gets the program, a root file system with busybox, and an image of that
     * @param kernelArguments as in kernel-parameters.txt of the kernel's documentation
     */
    static Machine after(String script, String... kernelArguments) {
        Path rootfs = rootfs();
        Path image = rootfs.resolveSibling("image.sqsh");
        Command.of("mksquashfs", rootfs.toString(), image.toString(), "-quiet", "-no-progress")
                .run()
                .orFail();
        Path vm = Workbench.module().resolve("vm");
        try {
            Path line = Files.createTempFile(Workbench.folder(), "script", "");
            String words = String.join(
                    " ",
                    vm.resolve(script).toString(),
                    Workbench.launcher().toString(),
                    rootfs.toString(),
                    image.toString());
            Files.writeString(line, "exec bash " + words + "\n");
            List<String> run = new ArrayList<>(
                    List.of(vm.resolve("run").toString(), Images.cache().toString(), line.toString()));
            run.addAll(List.of(kernelArguments));
            Command.Result result = Command.of(run).run();
            return new Machine(result.text() + "\n" + (result.status() == 0 ? "" : result.talk()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path rootfs() {
        Path rootfs = Workbench.newFolder("machine", Account.ROOT).resolve("rootfs");
        try {
            for (String directory : List.of("bin", "dev", "etc", "proc", "sys", "tmp")) {
                Files.createDirectories(rootfs.resolve(directory));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String busybox = rootfs.resolve("bin/busybox").toString();
        Command.of(
                        "sh",
                        "-c",
                        "cp \"$(command -v busybox)\" " + busybox + " && " + busybox + " --install -s "
                                + rootfs.resolve("bin") + " && cd " + rootfs.resolve("bin")
                                + " && for link in *; do [ ! -L $link ] || ln -sf busybox $link; done")
                .run()
                .orFail();
        return rootfs;
    }

    /** What was printed, line by line. */
    List<String> section(String name) {
        List<String> section = sections.get(name);
        if (section == null) {
            throw new AssertionError("no section " + name + " in " + sections.keySet());
        }
        return List.copyOf(section);
    }

    String text(String name) {
        return String.join("\n", section(name));
    }

    /** Those that begin so. */
    List<String> lines(String section, String beginning) {
        return section(section).stream()
                .filter(line -> line.startsWith(beginning))
                .toList();
    }

    void assertHas(String section, String... parts) {
        String text = text(section);
        for (String part : parts) {
            assertTrue(text.contains(part), () -> part + " in:\n" + text);
        }
    }
}
