package io.jrun.runtime.bcast;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.TransferException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * srun(1) and sbcast(1) within an allocation. A step of ours has one task on each node, takes nothing from the steps
 * beside it, and knows nothing of the working directory or of MPI.
 */
public final class SlurmPrograms {

    /** What a step was given that is a wish for those within it. */
    private static final List<String> WISHES = List.of(
            "SLURM_NTASKS_PER_NODE",
            "SLURM_NTASKS",
            "SLURM_NPROCS",
            "SLURM_CPUS_PER_TASK",
            "SLURM_TASKS_PER_NODE",
            "SLURM_DISTRIBUTION",
            "SLURM_CPU_BIND",
            "SLURM_GPUS",
            "SLURM_EXACT",
            "SLURM_EXPORT_ENV",
            "SLURM_MPI_TYPE");

    /** Arguments: the file, a script, pairs of nodes as FROM=TO. Source of the variables: srun(1), "INPUT ENVIRONMENT VARIABLES". */
    private static final String RELAY = """
            for pair in $3; do [ "${pair%%=*}" != "$SLURMD_NODENAME" ] || to=${pair#*=}; done
            unset WISHES SLURM_NODELIST SLURM_NNODES SLURM_JOB_NODELIST SLURM_JOB_NUM_NODES SLURM_STEP_NODELIST
            exec srun --nodes=1 --ntasks=1 --nodelist="$to" --cpus-per-task=1 --overlap --mpi=none --input=all --chdir=/ \
                --job-name=jrun-bcast /bin/sh -c "$2" sh "$1" <"$1"
            """.replace("WISHES", String.join(" ", WISHES));

    private final Map<String, String> environment;
    private final int nodes;

    private record Ended(int status, String output, String errors) {
        String lastError() {
            String[] lines = errors.strip().split("\n", -1);
            return lines[lines.length - 1];
        }
    }

    /** @param environment of a job */
    public SlurmPrograms(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
        this.nodes = nodes(environment);
    }

    private static int nodes(Map<String, String> environment) {
        try {
            return Integer.parseInt(
                    environment.getOrDefault("SLURM_JOB_NUM_NODES", environment.getOrDefault("SLURM_NNODES", "1")));
        } catch (NumberFormatException notSlurms) {
            return 1;
        }
    }

    /** Different for each run within the job. */
    String unique() {
        return environment.getOrDefault("SLURM_JOB_ID", "0") + "-"
                + ProcessHandle.current().pid();
    }

    /**
     * Runs a script of sh(1) on each node.
     *
     * @return the last line of its output by the name of the node
     */
    Map<String, String> onEachNode(String what, String script, List<String> arguments) throws IOException {
        String named = "answer=$( " + script + "\n ) ; echo \"$SLURMD_NODENAME $answer\"";
        Ended ended = run(nothing(), step(on(nodes), "none", named, arguments));
        requireSuccess(what, ended);
        return Broadcast.answers(what, ended.output(), nodes);
    }

    /** Runs a script on one node, with a file of this host as its standard input. */
    void feed(String what, String script, String argument, Path input, String node) throws IOException {
        List<String> where = on(1);
        where.add("--nodelist=" + node);
        requireSuccess(
                what, run(ProcessBuilder.Redirect.from(input.toFile()), step(where, "all", script, List.of(argument))));
    }

    /**
     * The same from nodes to nodes, at once: an srun on each that has the file feeds the one it is paired with, directly.
     *
     * @param file on both, and the script's argument
     */
    void relay(String what, String script, String file, Map<String, String> pairs) throws IOException {
        List<String> where = on(pairs.size());
        where.add("--nodelist=" + String.join(",", pairs.keySet()));
        StringBuilder mapping = new StringBuilder();
        pairs.forEach((from, to) -> mapping.append(from).append('=').append(to).append(' '));
        requireSuccess(what, run(nothing(), step(where, "none", RELAY, List.of(file, script, mapping.toString()))));
    }

    private static ProcessBuilder.Redirect nothing() {
        return ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile());
    }

    private static List<String> on(int nodes) {
        return new ArrayList<>(List.of("--nodes=" + nodes, "--ntasks=" + nodes));
    }

    private static List<String> step(List<String> where, String input, String script, List<String> arguments) {
        List<String> words = new ArrayList<>(List.of("srun"));
        words.addAll(where);
        words.addAll(List.of(
                "--ntasks-per-node=1",
                "--cpus-per-task=1",
                "--overlap",
                "--mpi=none",
                "--input=" + input,
                "--chdir=/",
                "--job-name=jrun-bcast",
                "/bin/sh",
                "-c",
                script,
                "sh"));
        words.addAll(arguments);
        return words;
    }

    /** @return why it failed; empty when it did not */
    String broadcast(Path source, String target) throws IOException {
        Ended ended = run(nothing(), List.of("sbcast", "--force", source.toString(), target));
        return ended.status() == 0 ? "" : ended.lastError();
    }

    private static void requireSuccess(String what, Ended ended) throws TransferException {
        if (ended.status() != 0) {
            throw new TransferException(
                    Failure.of(what, "srun failed: " + ended.lastError() + " (status " + ended.status() + ")")
                            .hint("the allocation must still hold all its nodes: `squeue -j $SLURM_JOB_ID`"));
        }
    }

    private Ended run(ProcessBuilder.Redirect input, List<String> words) throws IOException {
        Path errors = Files.createTempFile("jrun-bcast", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder(words);
            // What the step of the caller was given would be wishes for ours.
            builder.environment().keySet().removeIf(name -> name.startsWith("SRUN_") || isWishForSteps(name));
            builder.redirectInput(input);
            builder.redirectError(errors.toFile());
            Process process = builder.start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            return new Ended(status, output, Files.readString(errors, StandardCharsets.ISO_8859_1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + words.get(0) + " ran", e);
        } catch (IOException e) {
            throw new HostUnsupportedException(
                    Failure.of("run " + words.get(0), "it is not in PATH (ENOENT)")
                            .hint("run it where Slurm's programs are installed"),
                    e);
        } finally {
            Files.deleteIfExists(errors);
        }
    }

    private static boolean isWishForSteps(String name) {
        return WISHES.contains(name);
    }
}
