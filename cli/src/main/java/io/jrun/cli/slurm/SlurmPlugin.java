package io.jrun.cli.slurm;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.StorageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The plugin of an installation, and whether this host's Slurm would load it: Slurm takes none that was built for another
 * release than its own, and {@code required} in plugstack.conf then fails every job. Source: slurm.h, {@code
 * SLURM_VERSION_NUMBER}; of plugins of this kind major and minor release are compared.
 */
final class SlurmPlugin {

    /** What the plugin's source puts into it, for those who do not load it. */
    private static final Pattern BUILT_FOR = Pattern.compile("built for Slurm ([0-9]+\\.[0-9]+)");

    private static final int SIZE_MAX = 1 << 22;

    private final Path home;
    private final SlurmRelease slurm;

    SlurmPlugin(Path home, SlurmRelease slurm) {
        this.home = home;
        this.slurm = slurm;
    }

    Path file() {
        return home.resolve("lib/slurm/jrun.so");
    }

    /** One line of sh(1) that makes it, for the Slurm whose headers are there. */
    String build() {
        return "mkdir -p " + file().getParent() + " && gcc -std=gnu11 -D_GNU_SOURCE -O2 -fPIC -shared"
                + " -fvisibility=hidden -Wl,-z,relro,-z,now -o " + file() + " " + home + "/share/slurm/*.c";
    }

    /** Why Slurm would not load it; empty where it would, or where no Slurm is here to ask. */
    Optional<String> refusal() throws StorageException {
        if (!Files.exists(file())) {
            return Optional.of("this installation has no plugin for Slurm");
        }
        Optional<String> built = builtFor();
        Optional<String> here = slurm.here();
        if (built.isEmpty()) {
            return Optional.of(file() + " is no plugin of this jrun");
        }
        return here.isEmpty() || here.equals(built)
                ? Optional.empty()
                : Optional.of("the plugin was built for Slurm " + built.get() + ", this is Slurm " + here.get());
    }

    /** Of a plugin that is not refused: what is to be looked at where no Slurm is here to ask. */
    Optional<String> doubt() throws StorageException {
        if (slurm.here().isPresent()) {
            return Optional.empty();
        }
        return Optional.of("no Slurm is here to compare with: the plugin was built for Slurm "
                + builtFor().orElse("?") + ", and in a cluster of another release it would end every job;"
                + " `srun --version` on a node tells. For that release build it with gcc and Slurm's headers:\n  "
                + build());
    }

    private Optional<String> builtFor() throws StorageException {
        try {
            boolean large = Files.size(file()) > SIZE_MAX;
            byte[] content = large ? new byte[0] : Files.readAllBytes(file());
            Matcher found = BUILT_FOR.matcher(new String(content, StandardCharsets.ISO_8859_1));
            return found.find() ? Optional.of(found.group(1)) : Optional.empty();
        } catch (IOException e) {
            throw new StorageException(Failure.of("read " + file(), FileFailure.cause(e)), e);
        }
    }
}
