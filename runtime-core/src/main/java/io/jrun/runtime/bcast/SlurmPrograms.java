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
        Ended ended = run(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()), step("none", named, arguments));
        requireSuccess(what, ended);
        return Broadcast.answers(what, ended.output(), nodes);
    }

    /** The same with a file as each node's standard input. */
    void feedEachNode(String what, String script, List<String> arguments, Path input) throws IOException {
        requireSuccess(what, run(ProcessBuilder.Redirect.from(input.toFile()), step("all", script, arguments)));
    }

    private List<String> step(String input, String script, List<String> arguments) {
        List<String> words = new ArrayList<>(List.of(
                "srun",
                "--nodes=" + nodes,
                "--ntasks=" + nodes,
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
        Ended ended = run(
                ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()),
                List.of("sbcast", "--force", source.toString(), target));
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
        return List.of(
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
                        "SLURM_MPI_TYPE")
                .contains(name);
    }
}
