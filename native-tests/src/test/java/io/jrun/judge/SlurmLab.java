package io.jrun.judge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A real Slurm of three nodes on this machine, made by {@code slurm/lab} and ended with the test class. */
final class SlurmLab implements AutoCloseable {

    private static final Path SCRIPT = Workbench.module().resolve("slurm/lab");
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Path folder;
    private final Path home;

    private SlurmLab(Path folder, Path home) {
        this.folder = folder;
        this.home = home;
    }

    /** @param variables for the script, such as the plugins to load */
    static SlurmLab up(Map<String, String> variables) {
        Path folder = Workbench.newFolder("slurm", Account.ROOT).resolve("lab");
        Command up = Command.of(SCRIPT.toString(), "up", folder.toString(), "3", "4")
                .with("SHARED", Workbench.folder().toString());
        for (Map.Entry<String, String> variable : variables.entrySet()) {
            up = up.with(variable.getKey(), variable.getValue());
        }
        SlurmLab lab = new SlurmLab(folder, Workbench.newFolder("slurm-home", Account.GAMES));
        // Also when the tests are interrupted: the daemons are nobody's children.
        Runtime.getRuntime().addShutdownHook(new Thread(lab::close));
        up.run().orFail();
        return lab;
    }

    /** Makes these the lines of plugstack.conf, which Slurm reads for each command and each step. */
    void plugins(String lines) {
        try {
            Files.writeString(folder.resolve("plugstack.conf"), lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those that a start could make, as a process sees them; others on this machine may make and remove other ones. */
    List<String> mounts(String process) {
        return Host.lines("/proc/" + process + "/mountinfo").stream()
                .filter(line ->
                        line.contains(" - fuse") || line.contains(" - overlay") || line.contains(home.toString()))
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
        return Command.of(words)
                .as(Account.GAMES)
                .in(home)
                .with("HOME", home.toString())
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

    static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    void killNode(String node) {
        Command.of(SCRIPT.toString(), "kill", folder.toString(), node).run().orFail();
    }

    void reviveNode(String node) {
        Command.of(SCRIPT.toString(), "revive", folder.toString(), node)
                .with("SHARED", Workbench.folder().toString())
                .run()
                .orFail();
    }

    @Override
    public void close() {
        Command.of(SCRIPT.toString(), "down", folder.toString()).run();
    }
}
