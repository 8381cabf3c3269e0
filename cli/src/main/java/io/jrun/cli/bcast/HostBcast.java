package io.jrun.cli.bcast;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.error.UsageException;
import io.jrun.image.reference.Digest;
import io.jrun.posix.ByteString;
import io.jrun.runtime.bcast.Broadcast;
import io.jrun.runtime.bcast.LocalImages;
import io.jrun.runtime.bcast.SlurmPrograms;
import io.jrun.runtime.host.HostPaths;
import io.jrun.runtime.host.KernelFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Copies within the allocation that this process belongs to. */
public final class HostBcast implements BcastOperations {

    private static final int BUFFER = 1 << 20;

    private final Map<String, String> environment;

    public HostBcast(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    @Override
    public Broadcast.Result copy(Path image, Optional<String> destination, Consumer<String> talk) throws IOException {
        String what = "copy " + image + " to the nodes";
        Broadcast.requireAllocation(environment, what);
        if (!Files.isRegularFile(image)) {
            throw new NotFoundException(Failure.of(what, "there is no such file (ENOENT)")
                    .hint("name an image file that this node sees; `jrun import` makes one"));
        }
        Path source = image.toRealPath();
        String place = destination.isPresent() ? destination(what, image, destination.get()) : local(source);
        talk.accept("digest of " + image);
        return new Broadcast(new SlurmPrograms(environment), talk).copy(source, digest(what, source), place);
    }

    private static String destination(String what, Path image, String text) throws UsageException {
        if (!text.startsWith("/") || text.equals("/")) {
            throw new UsageException(Failure.of(what, "the destination " + text + " is not absolute")
                    .hint("for example: jrun bcast " + image + " /local/"));
        }
        return text.endsWith("/") ? text + image.getFileName() : text;
    }

    private String local(Path source) throws IOException {
        KernelFiles files = new KernelFiles();
        ByteString path = HostPaths.fromPath(source);
        return LocalImages.ofCaller(files).placeOf(path, files.stat(path)).toString();
    }

    private static String digest(String what, Path source) throws IOException {
        try (InputStream in = Files.newInputStream(source)) {
            Digest.Hasher hasher = Digest.hasher(Digest.Algorithm.SHA256);
            byte[] buffer = new byte[BUFFER];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                hasher.update(buffer, 0, count);
            }
            return hasher.finish().hex();
        } catch (IOException e) {
            throw new StorageException(Failure.of(what, FileFailure.cause(e)), e);
        }
    }
}
