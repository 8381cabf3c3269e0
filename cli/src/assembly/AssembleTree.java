import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Puts the runnable tree together: {@code bin/jrun}, {@code lib/*.jar}, {@code lib/native}, {@code lib/slurm}, {@code lib/java/*.options},
 * the class-data archive {@code lib/jrun.jsa}, and man pages, guides with job scripts, and completion in {@code share}. Run by Maven as a single source file, once per package.
 *
 * <p>A JVM accepts a class-data archive only with the class path that it was made with, byte for byte, and jars of the
 * same size and time. So that a tree stays fast when it is moved, the class path names the jars through a descriptor of
 * the tree that the launcher opens, {@link #HOME_DESCRIPTOR}, and all jars have one fixed time. A copy that does not keep
 * times (cp without -p), and a JVM other than the building one, run without the archive: slower, nothing else.
 */
final class AssembleTree {

    /** In the order of the class path; those of a start first. */
    private static final List<String> CLASS_PATH = List.of(
            "cli", "runtime-core", "jackson-core", "jffi", "picocli", "image-convert", "toml", "core", "slf4j-api", "slf4j-simple",
            "zstd-jni", "xz", "commons-compress", "commons-io", "commons-lang3", "commons-codec", "snakeyaml-engine", "jnr-ffi", "jnr-posix",
            "jnr-constants", "jnr-a64asm", "jnr-x86asm", "asm", "asm-commons", "asm-tree", "asm-analysis", "asm-util");

    /** Holds only the native libraries, which are unpacked. */
    private static final String JFFI_NATIVE = "jffi-native";

    /** What the launcher leaves open on the tree in the JVM. */
    private static final int HOME_DESCRIPTOR = 9;

    /** Where a start in training leaves its plan. */
    private static final int PLAN_DESCRIPTOR = 8;

    /** What jrun and its libraries name of the JDK, for jlink(1). */
    private static final String MODULES =
            "java.base,java.net.http,java.logging,java.naming,java.management,jdk.unsupported,jdk.crypto.ec";

    private static final Map<String, String> ZSTD_NAMES = Map.of("x86_64", "amd64", "aarch64", "aarch64");

    private final Path module;
    private final String version;
    private final Instant timestamp;
    private final String machine = System.getProperty("os.arch").equals("amd64") ? "x86_64" : "aarch64";

    private AssembleTree(Path module, String version, Instant timestamp) {
        this.module = module;
        this.version = version;
        this.timestamp = timestamp;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        AssembleTree assembly =
                new AssembleTree(Path.of(arguments[1]), arguments[2], Instant.parse(arguments[3]));
        if (arguments[0].equals("tree")) {
            assembly.tree();
        } else {
            assembly.dist();
        }
    }

    private void tree() throws IOException, InterruptedException {
        Path home = module.resolve("target/jrun");
        delete(home);
        Files.createDirectories(home.resolve("lib/native"));
        Files.createDirectories(home.resolve("lib/java"));
        Files.createDirectories(home.resolve("bin"));
        copyLauncher(home);
        copySlurmPlugin(home);
        copySlurmSources(home);
        copyJars(home);
        unpackNatives(home);
        writeOptions(home);
        setTimes(home);
        makeArchive(home, Path.of(System.getProperty("java.home")));
        copyManual(home);
        copyGuides(home);
        writeCompletion(home);
    }

    private void copyManual(Path home) throws IOException {
        Path target = Files.createDirectories(home.resolve("share/man/man1"));
        try (Stream<Path> pages = Files.list(module.resolve("../docs/man"))) {
            for (Path page : pages.toList()) {
                Files.copy(page, target.resolve(page.getFileName()));
            }
        }
    }

    /** For sites that have the tarball alone; the guides lead to each other and to the job scripts by relative links. */
    private void copyGuides(Path home) throws IOException {
        Path docs = module.resolve("../docs");
        for (String folder : List.of("", "examples", "formats")) {
            Path target = Files.createDirectories(home.resolve("share/doc").resolve(folder));
            try (Stream<Path> guides = Files.list(docs.resolve(folder))) {
                for (Path guide : guides.filter(file -> file.toString().matches(".*\\.(md|sbatch)")).toList()) {
                    Files.copy(guide, target.resolve(guide.getFileName()));
                }
            }
        }
    }

    private void writeCompletion(Path home) throws IOException, InterruptedException {
        Path target = Files.createDirectories(home.resolve("share/bash-completion/completions"))
                .resolve("jrun");
        int status = new ProcessBuilder(home.resolve("bin/jrun").toString(), "completion")
                .redirectOutput(target.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
                .waitFor();
        if (status != 0) {
            throw new IllegalStateException("jrun completion ended with " + status);
        }
    }

    private void copyLauncher(Path home) throws IOException {
        Path built = module.resolve("../runtime-core/target/native/" + machine + "/jrun");
        Path launcher = home.resolve("bin/jrun");
        Files.copy(built, launcher);
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createSymbolicLink(home.resolve("bin/jrun-oci"), Path.of("jrun"));
        copyBundlePrograms(built.getParent().getParent(), Files.createDirectories(home.resolve("lib/bundle")));
    }

    /** For each machine that the compilers here could build for, and the number that plans for them carry. */
    private static void copyBundlePrograms(Path built, Path target) throws IOException {
        Files.copy(built.resolve("build"), target.resolve("build"));
        try (Stream<Path> machines = Files.list(built)) {
            for (Path program :
                    machines.map(machine -> machine.resolve("bundle")).filter(Files::exists).toList()) {
                Path copy = target.resolve(program.getParent().getFileName());
                Files.copy(program, copy);
                Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
    }

    /** Where this machine had Slurm's headers. */
    private void copySlurmPlugin(Path home) throws IOException {
        Path built = module.resolve("../runtime-core/target/slurm/jrun.so");
        if (Files.exists(built)) {
            Path plugin = home.resolve("lib/slurm/jrun.so");
            Files.createDirectories(plugin.getParent());
            Files.copy(built, plugin);
            Files.setPosixFilePermissions(plugin, PosixFilePermissions.fromString("rw-r--r--"));
        }
    }

    /** What the plugin is made of, for sites with another release of Slurm than this machine's. */
    private void copySlurmSources(Path home) throws IOException {
        Path target = Files.createDirectories(home.resolve("share/slurm"));
        try (Stream<Path> sources = Files.list(module.resolve("../runtime-core/src/main/spank"))) {
            for (Path source : sources.filter(file -> file.toString().matches(".*\\.[ch]")).toList()) {
                Path copy = target.resolve(source.getFileName());
                Files.copy(source, copy);
                Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-r--r--"));
            }
        }
    }

    private void copyJars(Path home) throws IOException {
        Path jars = module.resolve("target/jars");
        Files.copy(
                module.resolve("target/cli-" + version + ".jar"),
                jars.resolve("cli.jar"),
                StandardCopyOption.REPLACE_EXISTING);
        Set<String> expected = new TreeSet<>(CLASS_PATH);
        expected.add(JFFI_NATIVE);
        Set<String> found = new TreeSet<>();
        try (Stream<Path> files = Files.list(jars)) {
            files.forEach(file -> found.add(file.getFileName().toString().replaceFirst("\\.jar$", "")));
        }
        if (!found.equals(expected)) {
            throw new IllegalStateException("the class path in AssembleTree names other jars than Maven\n  class path: "
                    + expected + "\n  Maven:      " + found);
        }
        for (String name : CLASS_PATH) {
            Path source = jars.resolve(name + ".jar");
            Path target = home.resolve("lib/" + name + ".jar");
            if (name.equals("zstd-jni")) {
                copyWithoutLibraries(source, target);
            } else {
                Files.copy(source, target);
            }
        }
    }

    /** Leaves out the libraries of all other machines; ours is unpacked. */
    private void copyWithoutLibraries(Path source, Path target) throws IOException {
        try (ZipFile jar = new ZipFile(source.toFile());
                OutputStream file = Files.newOutputStream(target);
                ZipOutputStream out = new ZipOutputStream(file)) {
            for (ZipEntry entry : jar.stream().toList()) {
                if (!entry.isDirectory() && !entry.getName().matches(".*\\.(so|dylib|dll)")) {
                    ZipEntry copy = new ZipEntry(entry.getName());
                    copy.setTimeLocal(timestamp.atOffset(java.time.ZoneOffset.UTC).toLocalDateTime());
                    out.putNextEntry(copy);
                    try (InputStream content = jar.getInputStream(entry)) {
                        content.transferTo(out);
                    }
                    out.closeEntry();
                }
            }
        }
    }

    private void unpackNatives(Path home) throws IOException {
        Path jars = module.resolve("target/jars");
        Path natives = home.resolve("lib/native");
        unpack(jars.resolve("jffi-native.jar"), "jni/" + machine + "-Linux/libjffi-.*\\.so", natives, "libjffi-1.2.so");
        unpack(
                jars.resolve("zstd-jni.jar"),
                "linux/" + ZSTD_NAMES.get(machine) + "/libzstd-jni-.*\\.so",
                natives,
                "libzstd-jni.so");
    }

    private static void unpack(Path jarFile, String pattern, Path directory, String name) throws IOException {
        try (ZipFile jar = new ZipFile(jarFile.toFile())) {
            ZipEntry entry = jar.stream()
                    .filter(candidate -> candidate.getName().matches(pattern))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(jarFile + " holds nothing like " + pattern));
            try (InputStream content = jar.getInputStream(entry)) {
                Files.copy(content, directory.resolve(name));
            }
        }
    }

    private static String classPath() {
        return CLASS_PATH.stream()
                .map(name -> "/proc/self/fd/" + HOME_DESCRIPTOR + "/lib/" + name + ".jar")
                .collect(Collectors.joining(":"));
    }

    private void writeOptions(Path home) throws IOException {
        try (Stream<Path> templates = Files.list(module.resolve("src/assembly/java"))) {
            for (Path template : templates.toList()) {
                String text = Files.readString(template).replace("@CLASSPATH@", classPath());
                Files.writeString(home.resolve("lib/java").resolve(template.getFileName()), text);
            }
        }
    }

    private void setTimes(Path home) throws IOException {
        try (Stream<Path> files = Files.walk(home)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.setLastModifiedTime(file, FileTime.from(timestamp));
            }
        }
    }

    /** Trains with the main commands, so that what they load lies in the archive. */
    private void makeArchive(Path home, Path java) throws IOException, InterruptedException {
        Path work = module.resolve("target/training");
        delete(work);
        Files.createDirectories(work);
        makeContainer(work.resolve("data/containers/trained"));
        List<List<String>> trainings = Files.readAllLines(module.resolve("src/assembly/training.txt")).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(line -> List.of(line.replace("@WORK@", work.toString()).split(" ")))
                .toList();
        Set<String> classes = new LinkedHashSet<>();
        for (List<String> training : trainings) {
            Path list = work.resolve("classes");
            Files.deleteIfExists(list);
            train(home, java, work, list, training);
            classes.addAll(Files.readAllLines(list));
        }
        Path all = work.resolve("all-classes");
        Files.write(all, classes);
        Path archive = home.resolve("lib/jrun.jsa");
        List<String> dump = new ArrayList<>(List.of(
                "-Xshare:dump",
                "-XX:SharedClassListFile=" + all,
                "-XX:SharedArchiveFile=" + archive,
                "-Xlog:disable",
                "-Xlog:all=error:stderr",
                "-cp",
                classPath()));
        int status = run(home, java, work, dump, "dump.log");
        if (status != 0 || !Files.exists(archive)) {
            throw new IllegalStateException("no class-data archive was made, see " + work.resolve("dump.log"));
        }
        Files.setPosixFilePermissions(archive, PosixFilePermissions.fromString("rw-r--r--"));
        Files.setLastModifiedTime(archive, FileTime.from(timestamp));
        if (run(home, java, work, checked(home), "check.log") != 0) {
            throw new IllegalStateException("the class-data archive is refused, see " + work.resolve("check.log"));
        }
    }

    /** The smallest container that can be started, so that training needs no image and no privilege. */
    private static void makeContainer(Path container) throws IOException {
        Files.createDirectories(container.resolve("rootfs/.jrun"));
        Files.createDirectory(container.resolve("plans"));
        Files.writeString(
                container.resolve("container.json"),
                "{\"formatVersion\":1,\"name\":\"trained\",\"image\":{\"path\":\"trained.sqsh\",\"sizeInBytes\":1},"
                        + "\"created\":\"2026-11-01T00:00:00Z\",\"platform\":\"linux/amd64\"}");
        Files.writeString(
                container.resolve("rootfs/.jrun/config.json"),
                "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Env\":[\"PATH=/bin\",\"A=b\"],"
                        + "\"Entrypoint\":[\"/bin/a\"],\"Cmd\":[\"b\"],\"WorkingDir\":\"/\"},"
                        + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}");
    }

    private void train(Path home, Path java, Path work, Path list, List<String> training)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("-XX:DumpLoadedClassList=" + list));
        command.addAll(options(home, training.get(0)));
        command.addAll(training);
        run(home, java, work, command, "training-" + training.get(0) + ".log");
        if (!Files.exists(list)) {
            throw new IllegalStateException("training " + training + " loaded no class, see " + work);
        }
    }

    /** The JVM itself says whether it takes the archive: with "on" it refuses to run without. */
    private List<String> checked(Path home) throws IOException {
        List<String> command = new ArrayList<>(options(home, "version"));
        command.replaceAll(option -> option.equals("-Xshare:auto") ? "-Xshare:on" : option);
        command.add("version");
        return command;
    }

    private static List<String> options(Path home, String command) throws IOException {
        Path own = home.resolve("lib/java/" + command + ".options");
        Path file = Files.exists(own) ? own : home.resolve("lib/java/default.options");
        return Files.readAllLines(file).stream()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.replace("@HOME@", home.toString()))
                .toList();
    }

    /** As the launcher does it: the tree open as a descriptor, UTF-8, JRUN_HOME. */
    private static int run(Path home, Path java, Path work, List<String> arguments, String log)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "/bin/sh",
                "-c",
                "exec " + HOME_DESCRIPTOR + "<\"$0\" " + PLAN_DESCRIPTOR + ">plan; exec \"$@\"",
                home.toString(),
                java.resolve("bin/java").toString()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(work.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(new File(work.toFile(), log)))
                .redirectInput(new File("/dev/null"));
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.putAll(Map.of(
                "PATH", "/usr/bin:/bin",
                "HOME", work.toString(),
                "LC_ALL", "C.UTF-8",
                "JRUN_HOME", home.toString(),
                "JRUN_PLAN_FD", Integer.toString(PLAN_DESCRIPTOR),
                "JRUN_BUILD", "0",
                "JRUN_DATA_PATH", work.resolve("data").toString(),
                "XDG_CACHE_HOME", work.resolve("cache").toString()));
        return builder.start().waitFor();
    }

    private void dist() throws IOException, InterruptedException {
        String name = "jrun-" + version + "-linux-" + machine;
        Path parent = module.resolve("target/dist");
        Path home = parent.resolve(name);
        delete(parent);
        Files.createDirectories(parent);
        execute(List.of("cp", "-a", module.resolve("target/jrun").toString(), home.toString()));
        Files.delete(home.resolve("lib/jrun.jsa"));
        Path runtime = home.resolve("lib/runtime");
        execute(List.of(
                Path.of(System.getProperty("java.home"), "bin/jlink").toString(),
                "--add-modules",
                MODULES,
                "--strip-java-debug-attributes",
                "--no-header-files",
                "--no-man-pages",
                "--output",
                runtime.toString()));
        makeArchive(home, runtime);
        // One order, owner and time, so that two builds of one commit differ in nothing else than the archive.
        execute(List.of(
                "tar",
                "--create",
                "--file",
                parent.resolve(name + ".tar.gz").toString(),
                "--use-compress-program=gzip -9 -n",
                "--directory",
                parent.toString(),
                "--sort=name",
                "--mtime=" + timestamp,
                "--owner=0",
                "--group=0",
                "--numeric-owner",
                "--mode=go=rX,u+rw",
                name));
    }

    private static void execute(List<String> command) throws IOException, InterruptedException {
        int status = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (status != 0) {
            throw new IllegalStateException(command.get(0) + " ended with " + status + ": " + command);
        }
    }

    private static void delete(Path path) throws IOException {
        if (Files.exists(path)) {
            try (Stream<Path> files = Files.walk(path)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
