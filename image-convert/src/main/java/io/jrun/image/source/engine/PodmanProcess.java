package io.jrun.image.source.engine;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.TransferException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Podman without a service: {@code podman image save} as a child process whose output is the archive. */
final class PodmanProcess implements EngineExport {

    /** Enough for what a failing program says last. */
    private static final int MAX_TALK_SIZE_IN_BYTES = 64 << 10;

    private final String image;
    private final Map<String, String> environment;
    private final String program;

    PodmanProcess(String image, Map<String, String> environment) {
        this(image, environment, "podman");
    }

    /** @param program to run instead of the one on PATH */
    PodmanProcess(String image, Map<String, String> environment, String program) {
        this.image = image;
        this.environment = Map.copyOf(environment);
        this.program = program;
    }

    @Override
    public InputStream open() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                List.of(program, "image", "save", "--quiet", "--format", "docker-archive", "--", image));
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            return new Output(process, image);
        } catch (IOException e) {
            throw new HostUnsupportedException(
                    Failure.of("import " + image + " from Podman", "neither its socket nor the program podman is here")
                            .hint("install podman, or save the image to a file where it is:"
                                    + " it is imported as docker-archive:FILE"),
                    e);
        }
    }

    /** What the child writes; its exit status is judged where its output ends. */
    private static final class Output extends FilterInputStream {

        private final Process process;
        private final String image;
        private final FutureTask<String> talk;
        private boolean judged;

        Output(Process process, String image) {
            super(process.getInputStream());
            this.process = process;
            this.image = image;
            this.talk = new FutureTask<>(() -> listen(process.getErrorStream()));
            Thread listener = new Thread(talk, "podman-stderr");
            listener.setDaemon(true);
            listener.start();
        }

        /** To the end: a child that nobody listens to stops when the pipe is full. */
        private static String listen(InputStream err) throws IOException {
            byte[] said = err.readNBytes(MAX_TALK_SIZE_IN_BYTES);
            err.transferTo(OutputStream.nullOutputStream());
            return new String(said, StandardCharsets.UTF_8).strip();
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = super.read(bytes, offset, length);
            if (count < 0 && !judged) {
                judge();
                judged = true;
            }
            return count;
        }

        private void judge() throws IOException {
            try {
                int status = process.waitFor();
                if (status != 0) {
                    throw failure(status, talk.get());
                }
            } catch (ExecutionException e) {
                throw new IOException("podman's messages cannot be read", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for podman");
            }
        }

        private JrunException failure(int status, String said) {
            String last = said.substring(said.lastIndexOf('\n') + 1);
            if (last.contains("image not known") || last.contains("does not exist")) {
                return new NotFoundException(Failure.of("import " + image, "Podman has no such image: " + last)
                        .hint("list what there is with `podman images`"));
            }
            return new TransferException(
                    Failure.of("import " + image, "podman ended with exit status " + status + ": " + last)
                            .hint("try it by hand: `podman image save -o FILE " + image + "`"));
        }

        @Override
        public void close() throws IOException {
            process.destroy();
            super.close();
        }
    }
}
