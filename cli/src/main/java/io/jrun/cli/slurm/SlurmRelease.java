package io.jrun.cli.slurm;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The release of Slurm on a host, as "24.11". */
interface SlurmRelease {

    Optional<String> here();

    /** By its programs; slurmd(8) tells it also where nothing is configured. */
    static SlurmRelease ofPrograms() {
        return () -> {
            for (List<String> program : List.of(List.of("srun", "--version"), List.of("slurmd", "-V"))) {
                Optional<String> release = release(program);
                if (release.isPresent()) {
                    return release;
                }
            }
            return Optional.empty();
        };
    }

    /** What such a program prints is "slurm 24.11.5" or "slurm-wlm 22.05.8". */
    private static Optional<String> release(List<String> program) {
        Pattern version = Pattern.compile("^slurm\\S* ([0-9]+\\.[0-9]+)", Pattern.MULTILINE);
        try {
            Process process = new ProcessBuilder(program)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            try (InputStream out = process.getInputStream()) {
                Matcher found = version.matcher(new String(out.readAllBytes(), StandardCharsets.UTF_8));
                boolean told = found.find();
                return process.waitFor(1, TimeUnit.MINUTES) && told ? Optional.of(found.group(1)) : Optional.empty();
            }
        } catch (IOException notInstalled) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
