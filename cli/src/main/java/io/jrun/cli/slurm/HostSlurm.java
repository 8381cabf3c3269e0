package io.jrun.cli.slurm;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.error.UsageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Files for this installation, from the templates. */
public final class HostSlurm implements SlurmOperations {

    /** Those that Slurm runs. */
    private static final Set<String> PROGRAMS = Set.of("prolog", "epilog");

    private static final List<String> TEMPLATES =
            List.of("plugstack.conf", "oci.conf", "prolog", "epilog", "config", "apparmor");

    private static final String COMPLETION = "completion.bash";

    /** In the installation. */
    private static final String COMPLETION_SOURCE = "share/bash-completion/completions/jrun";

    private static final String HEADER = """
            # Completes command lines of jrun in bash: on all hosts, in /usr/share/bash-completion/completions, as "jrun".
            """;

    private final Path home;
    private final SlurmPlugin plugin;
    private final Consumer<String> notes;

    /**
     * @param home of the installation, absolute
     * @param notes takes what is to be done before the files can be put in force
     */
    public HostSlurm(Path home, Consumer<String> notes) {
        this(home, SlurmRelease.ofPrograms(), notes);
    }

    HostSlurm(Path home, SlurmRelease slurm, Consumer<String> notes) {
        this.home = home;
        this.plugin = new SlurmPlugin(home, slurm);
        this.notes = notes;
    }

    @Override
    public List<Path> init(Path directory, Present present) throws IOException {
        Optional<String> refusal = plugin.refusal();
        Map<String, byte[]> files = contents(refusal);
        if (present == Present.REFUSE) {
            refuseDifferent(directory, files);
        }
        Map<Path, Path> drafts = new LinkedHashMap<>();
        try {
            Files.createDirectories(directory);
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                Path draft = Files.createTempFile(directory, "." + file.getKey(), ".new");
                drafts.put(draft, directory.resolve(file.getKey()));
                write(draft, file.getValue(), PROGRAMS.contains(file.getKey()));
            }
            List<Path> written = new ArrayList<>(drafts.values());
            for (Map.Entry<Path, Path> draft : Map.copyOf(drafts).entrySet()) {
                Files.move(draft.getKey(), draft.getValue(), StandardCopyOption.ATOMIC_MOVE);
                drafts.remove(draft.getKey());
            }
            refusal.ifPresent(reason -> notes.accept(reason + ", so its line in plugstack.conf is not in force;"
                    + " build it with gcc and Slurm's headers:\n  " + plugin.build()
                    + "\nthen write the files again with --force"));
            if (refusal.isEmpty()) {
                plugin.doubt().ifPresent(notes);
            }
            return written;
        } catch (IOException e) {
            throw new StorageException(
                    Failure.of("write files for Slurm into " + directory, FileFailure.cause(e))
                            .hint("name a directory that you may write with --directory"),
                    e);
        } finally {
            for (Path draft : drafts.keySet()) {
                Files.deleteIfExists(draft);
            }
        }
    }

    private Map<String, byte[]> contents(Optional<String> refusal) throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (String name : TEMPLATES) {
            try (InputStream in = HostSlurm.class.getResourceAsStream(name)) {
                if (in == null) {
                    throw new IllegalStateException("there is no template " + name);
                }
                String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                text = text.replace("@HOME@", home.toString())
                        .replace("@BUILD@", plugin.build())
                        .replace("@LINE@", line(refusal));
                files.put(name, text.getBytes(StandardCharsets.UTF_8));
            }
        }
        Path completion = home.resolve(COMPLETION_SOURCE);
        if (!Files.isReadable(completion)) {
            throw new NotFoundException(Failure.of("read " + completion, "there is none (ENOENT)")
                    .hint("this installation is incomplete: install jrun again"));
        }
        files.put(COMPLETION, (HEADER + Files.readString(completion)).getBytes(StandardCharsets.UTF_8));
        return files;
    }

    /** Of plugstack.conf; a comment where it would end every job of the cluster with an error. */
    private String line(Optional<String> refusal) {
        String line = "required " + plugin.file();
        return refusal.isEmpty()
                ? line
                : "# Not in force: " + refusal.get() + ". Build it, try it, then take the # away:\n#" + line;
    }

    private static void refuseDifferent(Path directory, Map<String, byte[]> files) throws IOException {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Path place = directory.resolve(file.getKey());
            boolean there = Files.exists(place, LinkOption.NOFOLLOW_LINKS);
            if (there && !(Files.isRegularFile(place) && Arrays.equals(Files.readAllBytes(place), file.getValue()))) {
                throw new UsageException(Failure.of("write " + place, "it exists and differs (EEXIST)")
                        .hint("look what was changed there; --force replaces it"));
            }
        }
    }

    private static void write(Path draft, byte[] content, boolean program) throws IOException {
        try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
        Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
    }
}
