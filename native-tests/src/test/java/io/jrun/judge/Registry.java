package io.jrun.judge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** A running {@code docker-registry} on a free loopback port, with the storage of the image cache. */
final class Registry {

    /** What the protected registry accepts. */
    static final String USER = "ann";

    static final String PASSWORD = "correct horse";

    private static final class Shared {
        static final Registry OPEN = new Registry("open", "");
        static final Registry PROTECTED = new Registry("protected", """
                auth:
                  htpasswd: {realm: jrun, path: %s}
                """.formatted(passwords()));
    }

    private final String address;
    private final String credentials;
    private final Path log;
    private final Set<String> pushed = ConcurrentHashMap.newKeySet();

    private Registry(String name, String extra) {
        int port = freePort();
        address = "127.0.0.1:" + port;
        credentials = extra.isEmpty() ? "" : USER + ":" + PASSWORD;
        try {
            Path folder = Workbench.newFolder("registry", Account.ROOT);
            log = folder.resolve("log");
            Path storage = Files.createDirectories(Images.cache().resolve("registry-" + name));
            Path config = Files.writeString(folder.resolve("config.yml"), """
                    version: 0.1
                    log: {level: error}
                    storage: {filesystem: {rootdirectory: %s}}
                    http: {addr: "%s"}
                    """.formatted(storage, address) + extra);
            Process process = new ProcessBuilder("docker-registry", "serve", config.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
            awaitPort(port, log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Serves everyone. */
    static Registry open() {
        return Shared.OPEN;
    }

    /** Serves {@link #USER} with {@link #PASSWORD} by Basic authentication. */
    static Registry withPassword() {
        return Shared.PROTECTED;
    }

    String address() {
        return address;
    }

    /** A reference to the image, which is in the registry when this returns. */
    String reference(String image, String tag) {
        Path layout = Images.layout(image);
        if (pushed.add(tag)) {
            List<String> words = new ArrayList<>(
                    List.of("skopeo", "copy", "--quiet", "--preserve-digests", "--dest-tls-verify=false"));
            // Without a word skopeo looks for accounts in /run/containers, which may be closed to this user.
            words.add(credentials.isEmpty() ? "--dest-no-creds" : "--dest-creds=" + credentials);
            words.add("oci:" + layout + ":" + tag);
            words.add("docker://" + address + "/jrun/" + tag + ":1");
            Command.of(words).with("HOME", Workbench.folder().toString()).run().orFail();
        }
        return "docker://" + address + "/jrun/" + tag + ":1";
    }

    /** Puts an image of any layout there. */
    String push(Path layout, String tag, String repository) {
        Command.of(
                        "skopeo",
                        "copy",
                        "--quiet",
                        "--preserve-digests",
                        "--dest-tls-verify=false",
                        "--dest-no-creds",
                        "oci:" + layout + ":" + tag,
                        "docker://" + address + "/" + repository + ":" + tag)
                .with("HOME", Workbench.folder().toString())
                .run()
                .orFail();
        return "docker://" + address + "/" + repository + ":" + tag;
    }

    /** Digests of the blobs of a repository that somebody has fetched so far, as the registry's own log says; sorted. */
    List<String> blobsFetched(String repository) {
        Pattern fetched =
                Pattern.compile("\"GET /v2/" + repository + "/blobs/(sha256:[0-9a-f]{64}) HTTP/1.1\" 20[06] ");
        try {
            return fetched.matcher(Files.readString(log))
                    .results()
                    .map(match -> match.group(1))
                    .distinct()
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void awaitPort(int port, Path log) throws IOException {
        Instant end = Instant.now().plus(Duration.ofSeconds(30));
        while (Instant.now().isBefore(end)) {
            if (answers(port)) {
                return;
            }
            pause();
        }
        throw new IllegalStateException("docker-registry does not answer: " + Files.readString(log));
    }

    private static boolean answers(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** An htpasswd file; docker-registry takes bcrypt only. */
    private static Path passwords() {
        try {
            Path file = Workbench.newFolder("passwords", Account.ROOT).resolve("htpasswd");
            return Files.writeString(file, USER + ":" + BCRYPT_OF_PASSWORD + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Made by {@code htpasswd -nbB}. */
    private static final String BCRYPT_OF_PASSWORD = "$2y$05$F8fZcO1d6lwy25OTLzK2AODJKXUL6amzemUKP8t/8i97n1r7JV7ta";
}
