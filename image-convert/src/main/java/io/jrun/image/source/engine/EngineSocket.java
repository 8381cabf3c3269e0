package io.jrun.image.source.engine;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.TransferException;
import io.jrun.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An engine behind its socket. Podman's service answers the same requests. Source: Docker Engine API 1.41, "ImageInspect"
 * and "ImageGet"; unversioned paths stand for whatever version the engine has.
 */
final class EngineSocket implements EngineExport {

    private static final int MAX_MESSAGE_SIZE_IN_BYTES = 64 << 10;

    private final String engine;
    private final Path socket;
    private final String image;
    private final String howToStart;

    /**
     * @param engine names it in messages ("Docker")
     * @param howToStart the hint when it does not listen
     */
    EngineSocket(String engine, Path socket, String image, String howToStart) {
        this.engine = engine;
        this.socket = socket;
        this.image = image;
        this.howToStart = howToStart;
    }

    @Override
    public InputStream open() throws IOException {
        // Asked first: some engines begin an archive before they find that there is no such image.
        ask("/images/" + encoded(image) + "/json").close();
        return ask("/images/" + encoded(image) + "/get");
    }

    private InputStream ask(String target) throws IOException {
        UnixHttp.Answer answer = connectAndAsk(target);
        if (answer.status() == 200) {
            return answer.body();
        }
        try (InputStream body = answer.body()) {
            throw refusal(answer.status(), message(body.readNBytes(MAX_MESSAGE_SIZE_IN_BYTES)));
        }
    }

    private UnixHttp.Answer connectAndAsk(String target) throws IOException {
        try {
            return UnixHttp.get(socket, target);
        } catch (JrunException e) {
            throw e;
        } catch (java.nio.channels.ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    private JrunException unreachable(IOException e) {
        String what = "reach " + engine + " at " + socket;
        if (!Files.exists(socket)) {
            return new HostUnsupportedException(
                    Failure.of(what, "there is no such socket (ENOENT)").hint(howToStart), e);
        }
        if (!Files.isWritable(socket)) {
            return new DeniedException(
                    Failure.of(what, "permission denied (EACCES)")
                            .hint("ask to become a member of the socket's group, or save the image to a file:"
                                    + " it is imported as docker-archive:FILE"),
                    e);
        }
        return new HostUnsupportedException(
                Failure.of(what, "nobody answers there: " + FileFailure.cause(e))
                        .hint(howToStart),
                e);
    }

    private JrunException refusal(int status, String message) {
        String why = message.isEmpty() ? "it says no more than HTTP " + status : message;
        if (status == 404) {
            return new NotFoundException(Failure.of("import " + image, "the engine has no such image: " + why)
                    .hint("list what there is with `" + (engine.equals("Podman") ? "podman" : "docker") + " images`"));
        }
        return new TransferException(Failure.of("import " + image, engine + " failed (HTTP " + status + "): " + why));
    }

    private static String message(byte[] body) {
        try {
            return Json.parse(body, "answer of the engine").string("message").orElse("");
        } catch (CorruptDataException notJson) {
            return "";
        }
    }

    /** Slashes stay: the routes of both engines take names with them. */
    private static String encoded(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8)
                .replace("%2F", "/")
                .replace("%3A", ":");
    }
}
