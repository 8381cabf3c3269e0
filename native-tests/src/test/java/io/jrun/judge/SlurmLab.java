package io.jrun.judge;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A real Slurm of three nodes on this machine, made by {@code slurm/lab} and ended with the test class. */
final class SlurmLab implements AutoCloseable {

    private static final Path SCRIPT = Workbench.module().resolve("slurm/lab");
    private static final Path NEWER = Workbench.module().resolve("slurm/newer");
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Path folder;
    private final Path home;

    /** The root file system that it runs in. */
    private final Path root;

    private final Optional<Process> holder;

    private SlurmLab(Path folder, Path home, Path root, Optional<Process> holder) {
        this.folder = folder;
        this.home = home;
        this.root = root;
        this.holder = holder;
    }

    /** @param variables for the script, such as the plugins to load */
    static SlurmLab up(Map<String, String> variables) {
        return up(variables, Path.of("/"), Optional.empty());
    }

    /** The same with the Slurm of the next release of Debian, in a root file system of that release. */
    static SlurmLab upWithNewer(Map<String, String> variables) {
        Path root = Path.of(Command.of(NEWER.toString(), Images.cache().toString())
                .run()
                .orFail()
                .text());
        try {
            Process holder = new ProcessBuilder(NEWER.toString(), "enter", root.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            BufferedReader said = new BufferedReader(new InputStreamReader(holder.getInputStream(), UTF_8));
            if (!"ready".equals(said.readLine())) {
                throw new AssertionError(root + " cannot be entered");
            }
            return up(variables, root, Optional.of(holder));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static SlurmLab up(Map<String, String> variables, Path root, Optional<Process> holder) {
        Path folder = Workbench.newFolder("slurm", Account.ROOT).resolve("lab");
        SlurmLab lab = new SlurmLab(folder, Workbench.newFolder("slurm-home", Account.GAMES), root, holder);
        Command up =
                lab.script("up", "3", "4").with("SHARED", Workbench.folder().toString());
        for (Map.Entry<String, String> variable : variables.entrySet()) {
            up = up.with(variable.getKey(), variable.getValue());
        }
        // Also when the tests are interrupted: the daemons are nobody's children.
        Runtime.getRuntime().addShutdownHook(new Thread(lab::close));
        up.run().orFail();
        return lab;
    }

    /** Of the script, below /tmp, which all root file systems share. */
    private Command script(String verb, String... more) {
        Path copy = folder.resolveSibling("lab-script");
        try {
            Files.copy(SCRIPT, copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> words = new ArrayList<>(entrance());
        words.addAll(List.of(copy.toString(), verb, folder.toString()));
        words.addAll(List.of(more));
        return Command.of(words);
    }

    private List<String> entrance() {
        return holder.map(process -> List.of("nsenter", "--target=" + process.pid(), "--mount", "--"))
                .orElse(List.of());
    }

    /** Where the headers of its Slurm and all else of it lie. */
    Path root() {
        return root;
    }

    /** Makes these the lines of plugstack.conf, which Slurm reads for each command and each step. */
    void plugins(String lines) {
        try {
            Files.writeString(folder.resolve("plugstack.conf"), lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those that a start could make, as a process sees them; what others on this machine mount lies elsewhere. */
    List<String> mounts(String process) {
        return Host.lines("/proc/" + process + "/mountinfo").stream()
                .filter(line -> line.contains(home.toString())
                        || ((line.contains(" - fuse") || line.contains(" - overlay"))
                                && (line.contains(Workbench.folder().toString())
                                        || line.matches(".* /tmp/jrun-[0-9]+/.*"))))
                .toList();
    }

    /**
     * What a node has beyond its daemons: mounts that everybody sees there, and files in its own /tmp. Equal answers
     * before and after a job tell that it left nothing.
     */
    List<String> inventory(String node) {
        try {
            String daemon =
                    Files.readString(folder.resolve("slurmd-" + node + ".pid")).strip();
            List<String> found = new ArrayList<>(mounts(daemon));
            try (Stream<Path> files = Files.walk(temporary(node))) {
                // The folder that holds meeting places stays, as a home directory would.
                files.map(Path::toString)
                        .filter(file -> !file.matches(".*/jrun-[0-9]+"))
                        .sorted()
                        .forEach(found::add);
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a node sees as /tmp. */
    Path temporary(String node) {
        return folder.resolve("tmp-" + node);
    }

    /** Of the account that submits; on all nodes. */
    Path home() {
        return home;
    }

    /** Any command of the account that submits, with jrun in its PATH. */
    Command command(String... words) {
        Command command = Command.of(words).as(Account.GAMES).in(home);
        if (holder.isPresent()) {
            List<String> line = new ArrayList<>(entrance());
            line.addAll(Account.GAMES.prefix());
            // nsenter(1) begins in the other root.
            line.addAll(List.of("sh", "-c", "cd \"$0\" && exec \"$@\"", home.toString()));
            line.addAll(List.of(words));
            command = Command.of(line);
        }
        return command.with("HOME", home.toString())
                .with("USER", "games")
                .with("SLURM_CONF", folder.resolve("slurm.conf").toString())
                .with("PATH", Workbench.launcher().getParent() + ":/usr/bin:/bin");
    }

    /** Submits one of the example scripts; returns the job's number. */
    String submit(List<String> options, String example, String... arguments) {
        List<String> words = new ArrayList<>(List.of("sbatch", "--parsable", "--output=job-%j.out"));
        words.addAll(options);
        words.add(Workbench.module()
                .resolve("../docs/examples")
                .resolve(example)
                .normalize()
                .toString());
        words.addAll(List.of(arguments));
        return command(words.toArray(new String[0]))
                .with("CONTAINER", "box")
                .with("IMAGES", home.resolve("images").toString())
                .run()
                .orFail()
                .text();
    }

    /** What scontrol tells of a job: "JobState" to "COMPLETED". */
    Map<String, String> job(String number) {
        String text = command("scontrol", "--oneliner", "show", "job", number)
                .run()
                .orFail()
                .text();
        return Arrays.stream(text.split("\\s+"))
                .filter(word -> word.contains("="))
                .collect(Collectors.toMap(
                        word -> word.substring(0, word.indexOf('=')),
                        word -> word.substring(word.indexOf('=') + 1),
                        (first, second) -> first));
    }

    /** The job as it is when its state is one of those. */
    Map<String, String> await(String number, String... states) {
        Instant end = Instant.now().plus(PATIENCE);
        Map<String, String> job = job(number);
        while (!List.of(states).contains(job.get("JobState"))) {
            if (Instant.now().isAfter(end)) {
                throw new AssertionError("job " + number + " is no " + String.join(", ", states) + ": " + job);
            }
            pause();
            job = job(number);
        }
        return job;
    }

    /** Has a job that was queued again begin at once, which Slurm lets wait for minutes; its first life must be over. */
    void beginAgain(String number) {
        for (int i = 0; i < 300 && isCompleting(number); i++) {
            pause();
        }
        // slurmd refuses credentials that are no younger than the end of the first life, and it counts whole seconds.
        for (int i = 0; i < 25; i++) {
            pause();
        }
        command("scontrol", "update", "JobId=" + number, "StartTime=now").run().orFail();
    }

    private boolean isCompleting(String number) {
        return !command("squeue", "--noheader", "--states=COMPLETING", "--jobs=" + number)
                .run()
                .text()
                .isEmpty();
    }

    static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    void killNode(String node) {
        script("kill", node).run().orFail();
    }

    /** The daemon alone; the tasks live on, and nobody tells Slurm of their end. */
    void killDaemon(String node) {
        script("kill", node, "slurmd").run().orFail();
    }

    void reviveNode(String node) {
        script("revive", node)
                .with("SHARED", Workbench.folder().toString())
                .run()
                .orFail();
    }

    @Override
    public void close() {
        script("down").run();
        holder.ifPresent(Process::destroy);
    }
}
