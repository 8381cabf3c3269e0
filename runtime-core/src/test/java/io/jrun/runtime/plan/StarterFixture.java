package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jrun.posix.ByteString;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * The real program in a tree like an installed one, and a shell script in the place of Java:
 *
 * <pre>
 * home/bin/jrun
 * home/lib/java/default.options
 * java/bin/java       appends a line to "calls", then runs the script that the test gave
 * data/containers/NAME/plans/HASH
 * </pre>
 *
 * <p>Run as root, the program is run as an unprivileged user unless the test says otherwise.
 */
final class StarterFixture {

    /** Builds of the same program. */
    enum Kind {
        /** That which is installed. */
        OWN,
        /** Ends by a signal where C leaves open what happens: undefined behaviour is a failure. */
        TRAPPING,
        /** For another machine, under qemu-user; it makes no children that end without a signal, so it calls no Java. */
        EMULATED
    }

    static final Path EMULATOR = Path.of("/usr/bin/qemu-aarch64-static");

    static final Charset LOCALE = StandardCharsets.ISO_8859_1; // keeps every byte apart
    private static final int UNPRIVILEGED = 2000;

    /** What a run left; output as one character per byte. */
    record Result(int status, String output, String errors) {}

    final Path directory;
    final Path data;
    final Map<String, String> environment = new TreeMap<>();
    private Kind kind = Kind.OWN;
    private boolean asRoot;

    StarterFixture(Path directory) throws IOException {
        this.directory = directory.toRealPath();
        this.data = this.directory.resolve("data");
        write("home/lib/java/default.options", "# the flags\n-Dhome=@HOME@\n\nthe.Main\n");
        Files.createDirectories(this.directory.resolve("home/bin"));
        install(Path.of("target/native"));
        Files.createDirectories(data);
        environment.put("PATH", "/usr/bin:/bin");
        environment.put("JRUN_DATA_PATH", data.toString());
        environment.put("JAVA_HOME", this.directory.resolve("java").toString());
        java("echo unexpected call of java >&2; exit 99");
    }

    /** Puts another build in the place of the program. */
    StarterFixture as(Kind other) throws IOException, InterruptedException {
        kind = other;
        if (kind == Kind.TRAPPING) {
            install(Trapping.built());
        } else if (kind == Kind.EMULATED) {
            boolean required = System.getProperty("jrun.require", "").equals("all");
            boolean there = Files.isExecutable(EMULATOR) && Files.isExecutable(program(Path.of("target/native")));
            assertTrue(there || !required, "apt-get install qemu-user-static gcc-aarch64-linux-gnu");
            assumeTrue(there, "there is no emulator or no program to emulate");
            install(Path.of("target/native"));
        }
        return this;
    }

    private static final class Trapping {
        private static final Path DIRECTORY = Path.of("target/native-trapping");

        private static synchronized Path built() throws IOException, InterruptedException {
            Process build = new ProcessBuilder("sh", "src/main/c/build.sh", DIRECTORY.toString(), "trapping")
                    .inheritIO()
                    .start();
            assertEquals(0, build.waitFor(), "status of build.sh");
            return DIRECTORY;
        }
    }

    private Path program(Path built) {
        return built.resolve(machine().directoryName()).resolve("jrun");
    }

    private void install(Path built) throws IOException {
        Path program = program(built);
        assertTrue(Files.isExecutable(program), program + " is built by the compile phase of this module");
        Files.copy(program, directory.resolve("home/bin/jrun"), StandardCopyOption.REPLACE_EXISTING);
    }

    /** That the program is for. */
    Machine machine() {
        boolean other = kind == Kind.EMULATED && Machine.host() != Machine.AARCH64;
        return other ? Machine.AARCH64 : Machine.host();
    }

    private List<String> emulator() {
        return kind == Kind.EMULATED ? List.of(EMULATOR.toString()) : List.of();
    }

    /** Whether it has run no plan but wanted Java to make one. */
    boolean wantedJava(Result result) {
        return kind == Kind.EMULATED
                ? result.status() == 125 && result.errors().startsWith("jrun: cannot compile the plan: ")
                : result.status() == 99;
    }

    /** The build of the program that is tested. */
    static int build() throws IOException {
        return Integer.parseUnsignedInt(
                Files.readString(Path.of("target/native/build")).strip().substring(2), 16);
    }

    static List<ByteString> bytes(String... texts) {
        return List.of(texts).stream().map(ByteString::of).toList();
    }

    static Plan plan(List<ByteString> prefix, PlanStep... steps) {
        return new Plan(prefix, List.of(), List.of(steps));
    }

    static PlanStep.Execute execute(String... defaults) {
        return new PlanStep.Execute(List.of(), bytes(defaults), "test");
    }

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    StarterFixture asRoot() {
        asRoot = true;
        return this;
    }

    Path write(String name, String content) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content, LOCALE);
    }

    /** What runs instead of Java, in sh(1); {@code $PLAN} is the memory file for the plan. */
    void java(String script) throws IOException {
        Path calls = directory.resolve("calls");
        write(
                "java/bin/java",
                "#!/bin/sh\nPLAN=/proc/self/fd/$JRUN_PLAN_FD\necho \"$@\" >> " + calls + "\n" + script + "\n");
        Files.setPosixFilePermissions(directory.resolve("java/bin/java"), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    List<String> javaCalls() throws IOException {
        Path calls = directory.resolve("calls");
        return Files.exists(calls) ? Files.readAllLines(calls, LOCALE) : List.of();
    }

    private static ByteString hostName() throws IOException {
        return ByteString.of(
                Files.readString(Path.of("/proc/sys/kernel/hostname"), LOCALE).strip());
    }

    Path planFile(Plan plan) throws IOException {
        String name = plan.prefix().get(plan.prefix().size() - 1).toString();
        String hash = PlanHash.ofStart(hostName(), plan.prefix());
        return data.resolve("containers").resolve(name).resolve("plans").resolve(hash);
    }

    Path cache(Plan plan) throws IOException {
        return cache(plan, PlanEncoder.encode(plan, machine(), build()));
    }

    Path cache(Plan plan, byte[] encoded) throws IOException {
        Path file = planFile(plan);
        Files.createDirectories(file.getParent());
        Files.deleteIfExists(file); // it may belong to another user
        Files.write(file, encoded);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        return file;
    }

    Result jrun(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(emulator());
        command.add(directory.resolve("home/bin/jrun").toString());
        command.addAll(List.of(arguments));
        return run(command);
    }

    /** Runs a sh(1) script, in which {@code $JRUN} is the program. */
    Result shell(String script) throws IOException, InterruptedException {
        List<String> program = new ArrayList<>(emulator());
        program.add(directory.resolve("home/bin/jrun").toString());
        environment.put("JRUN", String.join(" ", program));
        return run(List.of("/bin/sh", "-c", script));
    }

    private Result run(List<String> command) throws IOException, InterruptedException {
        List<String> whole = new ArrayList<>();
        if (isRoot() && !asRoot) {
            giveAway(directory);
            String ids = Integer.toString(UNPRIVILEGED);
            whole.addAll(List.of("setpriv", "--reuid=" + ids, "--regid=" + ids, "--clear-groups"));
        }
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        whole.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(whole).directory(directory.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        Path output = Files.createTempFile("jrun", "output");
        Path errors = Files.createTempFile("jrun", "errors");
        try {
            Process process = builder.redirectOutput(output.toFile())
                    .redirectError(errors.toFile())
                    .start();
            process.getOutputStream().close();
            assertTrue(process.waitFor(1, TimeUnit.MINUTES), "ended within a minute: " + command);
            return new Result(process.exitValue(), Files.readString(output, LOCALE), Files.readString(errors, LOCALE));
        } finally {
            Files.delete(output);
            Files.delete(errors);
        }
    }

    private static void giveAway(Path tree) throws IOException {
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) throws IOException {
                return visitFile(path, attributes);
            }

            @Override
            public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) throws IOException {
                if (!attributes.isSymbolicLink()) {
                    Files.setAttribute(path, "unix:uid", UNPRIVILEGED);
                    Files.setAttribute(path, "unix:gid", UNPRIVILEGED);
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
