package io.jrun.judge;

import static io.jrun.judge.Failures.assertFailed;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The registry as sites guard it: with an authority of its own, for those with a certificate of that authority, with
 * tokens, behind a proxy that wants a password. The judges are docker-registry, which verifies certificates and tokens, and
 * squid, which knows the only way to the registry's name.
 */
@NeedsRegistry
@NeedsSquid
class SecureRegistryTest {

    private static final String HOST = "registry.test";
    private static final Path FOLDER = Workbench.newFolder("secure", Account.ROOT);
    private static final List<Process> PROCESSES = new ArrayList<>();
    private static String digest = "";

    @BeforeAll
    static void makeCertificatesAndImage() {
        openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.crt");
        certificate("server", "subjectAltName=DNS:" + HOST + ",DNS:localhost");
        certificate("client", "extendedKeyUsage=clientAuth");
        openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tokens -keyout token.key -out token.crt");
        Command.of("chmod", "-R", "a+r", FOLDER.toString()).run().orFail();
        digest = Jrun.as(Account.USER)
                .run("digest", Registry.open().reference("small", "small"))
                .orFail()
                .text();
    }

    @AfterAll
    static void stop() {
        PROCESSES.forEach(Process::destroy);
    }

    private static void openssl(String line) {
        Command.of(("openssl " + line).split(" ", -1)).in(FOLDER).run().orFail();
    }

    private static void certificate(String name, String extension) {
        try {
            Files.writeString(FOLDER.resolve(name + ".ext"), extension);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        openssl("req -newkey rsa:2048 -nodes -subj /CN=" + name + " -keyout " + name + ".key -out " + name + ".csr");
        openssl("x509 -req -days 2 -in " + name + ".csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile " + name
                + ".ext -out " + name + ".crt");
    }

    /** On a free port of this machine, with the images of the open registry. */
    private static int serve(String http, String more) {
        int port = Registry.freePort();
        Registry.open().reference("small", "small");
        try {
            Path folder = Workbench.newFolder("registry", Account.ROOT);
            Path config = Files.writeString(folder.resolve("config.yml"), """
                    version: 0.1
                    log: {level: error, accesslog: {disabled: true}}
                    storage: {filesystem: {rootdirectory: %s}}
                    http: {addr: "127.0.0.1:%d"%s}
                    %s
                    """.formatted(
                            Images.cache().resolve("registry-open"), port, http, more));
            start(port, folder, "docker-registry", "serve", config.toString());
            return port;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void start(int port, Path folder, String... words) throws IOException {
        Process process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
        PROCESSES.add(process);
        Registry.awaitPort(port, folder.resolve("log"));
    }

    private static String tls(String clients) {
        return ", tls: {certificate: %1$s/server.crt, key: %1$s/server.key%2$s}".formatted(FOLDER, clients);
    }

    /** An account that knows the authority, and perhaps has a certificate of it. */
    private static Jrun knowing(String host, String... files) {
        Jrun jrun = Jrun.as(Account.USER);
        Path folder = jrun.file(".config/containers/certs.d/" + host);
        Command.of("mkdir", "-p", folder.toString()).as(Account.USER).run().orFail();
        for (String file : files) {
            String name = file.replace("client.crt", "client.cert");
            Command.of(
                            "cp",
                            FOLDER.resolve(file).toString(),
                            folder.resolve(name).toString())
                    .as(Account.USER)
                    .run()
                    .orFail();
        }
        return jrun;
    }

    @Test
    void whoHasACertificateOfTheSitesAuthorityIsServed() {
        String host = "localhost:" + serve(tls(", clientcas: [" + FOLDER + "/ca.crt]"), "");
        String reference = "docker://" + host + "/jrun/small:1";
        Jrun member = knowing(host, "ca.crt", "client.crt", "client.key");
        Path file = member.file("small.sqsh");

        Command.Result found = member.run("digest", reference);
        Command.Result imported = member.run("import", "-q", "-o", file.toString(), reference);
        Command.Result pushed = member.run("push", "-q", file.toString(), "docker://" + host + "/jrun/pushed:1");

        assertAll(
                () -> assertEquals(digest, found.orFail().text()),
                imported::orFail,
                pushed::orFail,
                () -> assertFailed(6, knowing(host, "ca.crt").run("digest", reference), host),
                () -> assertFailed(6, Jrun.as(Account.USER).run("digest", reference), "certificate"));
    }

    @Test
    void authoritiesComeFromTheEnvironmentToo() {
        String host = "localhost:" + serve(tls(""), "");

        Command.Result found = Jrun.as(Account.USER)
                .command("digest", "docker://" + host + "/jrun/small:1")
                .with("SSL_CERT_FILE", FOLDER.resolve("ca.crt").toString())
                .run();

        assertEquals(digest, found.orFail().text());
    }

    @Test
    void theProxyIsTheOnlyWayAndWantsAPassword() throws IOException {
        int port = serve(tls(""), "");
        String host = HOST + ":" + port;
        int proxy = Registry.freePort();
        Path folder = squid(proxy);
        Jrun jrun = knowing(host, "ca.crt");
        Command command = jrun.command("import", "-q", "-o", "small.sqsh", "docker://" + host + "/jrun/small:1");

        Command.Result direct = command.run();
        Command.Result stranger =
                command.with("HTTPS_PROXY", "http://127.0.0.1:" + proxy).run();
        Command.Result member = command.with("HTTPS_PROXY", "http://ann:se%20cret@127.0.0.1:" + proxy)
                .run();

        String log = Files.readString(folder.resolve("access"));
        assertAll(
                () -> assertFailed(6, direct, HOST),
                () -> assertFailed(stranger.status(), stranger, "407"),
                member::orFail,
                () -> assertTrue(log.contains("TCP_TUNNEL/200") && log.contains("CONNECT " + host + " ann"), log),
                () -> assertTrue(!stranger.talk().contains("se cret"), "passwords are not shown"));
    }

    private static Path squid(int port) throws IOException {
        Path folder = Workbench.newFolder("squid", Account.ROOT);
        Command.of(
                        "sh",
                        "-c",
                        "printf 'ann:%s\\n' \"$(openssl passwd -apr1 'se cret')\" >$0/passwords; chown -R proxy $0",
                        folder.toString())
                .run()
                .orFail();
        Files.writeString(folder.resolve("hosts"), "127.0.0.1 " + HOST + "\n");
        Path config = Files.writeString(folder.resolve("squid.conf"), """
                http_port 127.0.0.1:%1$d
                auth_param basic program /usr/lib/squid/basic_ncsa_auth %2$s/passwords
                acl known proxy_auth REQUIRED
                http_access allow known
                http_access deny all
                hosts_file %2$s/hosts
                access_log stdio:%2$s/access squid
                cache_log %2$s/cache
                pid_filename none
                cache deny all
                coredump_dir %2$s
                shutdown_lifetime 1 second
                """.formatted(port, folder));
        start(port, folder, "squid", "-N", "-f", config.toString());
        return folder;
    }

    @Test
    void tokensAreFetchedForEachScopeAndReplacedWhenTheRegistryTakesThemNoMore() throws IOException {
        try (TokenService tokens = TokenService.start(FOLDER)) {
            String host = "127.0.0.1:" + serveFor(tokens);
            Jrun jrun = Jrun.as(Account.USER);
            Path file = jrun.file("small.sqsh");
            tokens.nextIsTakenFor(Duration.ofHours(-1));

            Command.Result imported =
                    jrun.run("import", "-q", "-o", file.toString(), "docker://" + host + "/jrun/small:1");
            Command.Result refused = jrun.run("push", "-q", file.toString(), "docker://" + host + "/jrun/tokens:1");
            jrun.command("login", "-u", "ann", "--password-stdin", host)
                    .reading("secret")
                    .run()
                    .orFail();
            Command.Result pushed = jrun.run("push", "-q", file.toString(), "docker://" + host + "/jrun/tokens:1");

            assertAll(
                    imported::orFail,
                    () -> assertEquals(4, refused.status(), refused::toString),
                    pushed::orFail,
                    () -> assertTrue(
                            tokens.asked().stream()
                                            .filter(scope -> scope.equals("repository:jrun/small:pull"))
                                            .count()
                                    >= 2,
                            tokens.asked()::toString));
        }
    }

    private static int serveFor(TokenService tokens) {
        return serve(
                "",
                "auth: {token: {realm: \"%s\", service: lab, issuer: judge, rootcertbundle: %s/token.crt}}"
                        .formatted(tokens.realm(), FOLDER));
    }

    @Test
    void aTokenThatEndsInTheMiddleOfADownloadIsReplacedAndTheRestFetched() throws IOException {
        Duration life = Duration.ofSeconds(3);
        AtomicInteger cuts = new AtomicInteger();
        try (TokenService tokens = TokenService.start(FOLDER);
                Relay relay = Relay.cutting(serveFor(tokens), 300_000, () -> {
                    pause(life.plusSeconds(1));
                    cuts.incrementAndGet();
                })) {
            tokens.nextIsTakenFor(life);
            Jrun jrun = Jrun.as(Account.USER);
            String reference = "docker://127.0.0.1:" + relay.port() + "/jrun/small:1";

            Command.Result imported = jrun.run("import", "-q", "-o", "small.sqsh", reference);

            assertAll(
                    imported::orFail,
                    () -> assertEquals(1, cuts.get()),
                    () -> assertEquals(
                            List.of("repository:jrun/small:pull", "repository:jrun/small:pull"), tokens.asked()));
        }
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aSocksProxyFindsTheNameOfTheRegistry() throws IOException {
        String host = HOST + ":" + serve(tls(""), "");
        Queue<String> asked = Relay.nobodyYet();
        try (Relay proxy = Relay.socks(Map.of(HOST, InetAddress.getLoopbackAddress()), asked)) {
            Command command = knowing(host, "ca.crt")
                    .command("import", "-q", "-o", "small.sqsh", "docker://" + host + "/jrun/small:1");

            Command.Result direct = command.run();
            Command.Result proxied = command.with("ALL_PROXY", "socks5://127.0.0.1:" + proxy.port())
                    .run();

            assertAll(
                    () -> assertFailed(6, direct, HOST),
                    proxied::orFail,
                    () -> assertEquals(Set.of(host), Set.copyOf(asked)));
        }
    }
}
