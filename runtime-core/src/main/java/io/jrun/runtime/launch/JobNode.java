package io.jrun.runtime.launch;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.runtime.launch.RunningTarget.OfJob;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Where in its job a task is, by Slurm's word. Source: sattach(1), "--layout"; srun(1). */
final class JobNode {

    private static final String FIRST_STEP = "0";

    private JobNode() {}

    /** The beginning of a line of srun that runs one process beside the task that is meant. */
    static List<String> srun(OfJob task, boolean terminal) throws JrunException {
        Optional<String> node =
                task.step().equals(Optional.of(OfJob.BATCH)) ? Optional.empty() : node(layout(task), task.rank());
        if (node.isEmpty() && task.rank().isPresent() && !task.rank().get().equals("0")) {
            throw new NotFoundException(Failure.of(
                            "enter rank " + task.rank().get() + " of job " + task,
                            "Slurm knows of no such task (ESRCH)")
                    .hint("`squeue --steps --jobs=" + task.job() + "` shows the steps that run"));
        }
        List<String> words = new ArrayList<>(List.of(
                "srun",
                "--jobid=" + task.job(),
                "--overlap",
                "--nodes=1",
                "--ntasks=1",
                node.isPresent() ? "--nodelist=" + node.get() : "--relative=0",
                "--mpi=none",
                "--chdir=/",
                "--job-name=jrun-exec"));
        if (terminal) {
            words.add("--pty");
        }
        return words;
    }

    /** The node of a rank, or of the first one; lines are of the form {@code Node 1 (node2), 2 task(s): 2 3}. */
    static Optional<String> node(String layout, Optional<String> rank) {
        for (String line : layout.split("\n", -1)) {
            int open = line.indexOf('(');
            int close = line.indexOf(')');
            if (line.strip().startsWith("Node ") && open > 0 && close > open) {
                String[] ranks =
                        line.substring(line.lastIndexOf(':') + 1).strip().split("\\s+", -1);
                if (rank.isEmpty() || Arrays.asList(ranks).contains(rank.get())) {
                    return Optional.of(line.substring(open + 1, close));
                }
            }
        }
        return Optional.empty();
    }

    /** Empty text for a step that Slurm does not know: the job may have its script alone. */
    private static String layout(OfJob task) throws JrunException {
        String step = task.job() + "." + task.step().orElse(FIRST_STEP);
        try {
            Process sattach = new ProcessBuilder("sattach", "--layout", step)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String layout = new String(sattach.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return sattach.waitFor() == 0 ? layout : "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while sattach ran", e);
        } catch (IOException e) {
            throw new HostUnsupportedException(
                    Failure.of(
                                    "enter job " + task,
                                    "no container of it runs here, and Slurm's programs are not in PATH (ENOENT)")
                            .hint("run it where sattach and srun are installed, or on the node of the job"),
                    e);
        }
    }
}
