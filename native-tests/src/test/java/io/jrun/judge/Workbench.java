package io.jrun.judge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Where a test run keeps its things: one folder that every account may enter, gone when the run ends. */
final class Workbench {

    private static final Map<String, Path> TOOLS = new ConcurrentHashMap<>();

    private static final class Made {
        static final Path FOLDER = make();

        private static Path make() {
            try {
                Path folder = Files.createTempDirectory("jrun-native-tests");
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
                Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(folder)));
                return folder;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static final class Installed {
        static final Path LAUNCHER = install();

        /** A copy, because the checkout may lie where an unprivileged account may not go. */
        private static Path install() {
            Path built = module().resolve("../cli/target/jrun").normalize();
            if (!Files.isExecutable(built.resolve("bin/jrun"))) {
                throw new IllegalStateException(built + " holds no bin/jrun; run `mvn package` first");
            }
            Path copy = folder().resolve("jrun");
            Command.of("cp", "-a", built.toString(), copy.toString()).run().orFail();
            Command.of("chmod", "-R", "go+rX", copy.toString()).run().orFail();
            return copy.resolve("bin/jrun");
        }
    }

    private Workbench() {}

    static Path folder() {
        return Made.FOLDER;
    }

    /** The folder of this Maven module. */
    static Path module() {
        return Path.of(System.getProperty("basedir", System.getProperty("user.dir")))
                .toAbsolutePath();
    }

    /** The program under test, as `mvn package` assembled it. */
    static Path launcher() {
        return Installed.LAUNCHER;
    }

    /** The plugin that belongs to {@link #launcher}; absent where it was built without Slurm's headers. */
    static Path slurmPlugin() {
        return launcher().resolve("../../lib/slurm/jrun.so").normalize();
    }

    /** A static build of {@code src/test/c/NAME.c}. */
    static Path tool(String name) {
        return TOOLS.computeIfAbsent(name, Workbench::compile);
    }

    private static Path compile(String name) {
        Path binary = folder().resolve(name);
        Path source = module().resolve("src/test/c/" + name + ".c");
        Command.of("gcc", "-static", "-O2", "-Wall", "-Wextra", "-Werror", "-o", binary.toString(), source.toString())
                .run()
                .orFail();
        return binary;
    }

    /** A new empty folder below the workbench that belongs to the account. */
    static Path newFolder(String name, Account owner) {
        try {
            Path folder = Files.createTempDirectory(folder(), name);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            if (Host.isRoot() && owner != Account.ROOT) {
                String id = owner == Account.USER ? Integer.toString(Account.ID) : "games";
                Command.of("chown", id + ":" + id, folder.toString()).run().orFail();
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes a tree whatever its modes. Symbolic links are not followed; mounts must be gone before. */
    static void remove(Path tree) {
        try {
            new ProcessBuilder("chmod", "-R", "u+rwX", tree.toString()).start().waitFor();
            new ProcessBuilder("rm", "-rf", "--one-file-system", tree.toString())
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
