package io.jrun.image.source.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.TransferException;
import io.jrun.error.UsageException;
import io.jrun.image.reference.SourceReference.Engine;
import io.jrun.image.reference.SourceReference.InEngine;
import io.jrun.image.source.SampleImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalEnginesTest {

    private static final byte[] ARCHIVE = SampleImage.random(9, 300_000);
    private static final String JSON = "/images/lab/solver:1/json";
    private static final String GET = "/images/lab/solver:1/get";

    @TempDir
    Path directory;

    private FakeEngine engine;

    @BeforeEach
    void startEngine() throws IOException {
        engine = new FakeEngine(directory.resolve("docker.sock"));
        engine.has("lab/solver:1", ARCHIVE);
    }

    @AfterEach
    void stopEngine() {
        engine.close();
    }

    private static byte[] export(Engine kind, String image, Map<String, String> environment) throws IOException {
        try (InputStream in =
                new LocalEngines(environment).export(new InEngine(kind, image)).open()) {
            return in.readAllBytes();
        }
    }

    private byte[] docker(String image) throws IOException {
        return export(Engine.DOCKER, image, Map.of("DOCKER_HOST", "unix://" + directory.resolve("docker.sock")));
    }

    @Nested
    class BehindASocket {

        @Test
        void chunkedArchivesComeWhole() throws Exception {
            assertArrayEquals(ARCHIVE, docker("lab/solver:1"));
            assertEquals(List.of("GET " + JSON + " HTTP/1.1", "GET " + GET + " HTTP/1.1"), engine.requests());
        }

        @Test
        void archivesOfKnownLengthAndOfNoneComeWhole() throws Exception {
            engine.answers(GET, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more");
            assertArrayEquals("hello".getBytes(UTF_8), docker("lab/solver:1"));

            engine.answers(GET, "HTTP/1.0 200 OK\n\nhello");
            assertArrayEquals("hello".getBytes(UTF_8), docker("lab/solver:1"));
        }

        @Test
        void whatIsNotThereIsToldInTheEnginesWords() {
            NotFoundException e = assertThrows(NotFoundException.class, () -> docker("lab/absent"));

            assertTrue(e.getMessage().contains("No such image: /images/lab/absent/json"), e.getMessage());
            assertTrue(e.failure().hint().orElseThrow().contains("docker images"), e.getMessage());
        }

        @Test
        void failuresOfTheEngineAreToldInItsWords() {
            engine.answers(GET, "HTTP/1.1 500 Oops\r\nContent-Length: 24\r\n\r\n{\"message\":\"disk broken\"}");

            TransferException e = assertThrows(TransferException.class, () -> docker("lab/solver:1"));
            assertTrue(e.getMessage().contains("HTTP 500"), e.getMessage());
        }

        @Test
        void anArchiveThatBreaksOffIsNotTakenForWhole() {
            engine.answers(GET, FakeEngine.chunked(ARCHIVE, 100_000));
            TransferException chunked = assertThrows(TransferException.class, () -> docker("lab/solver:1"));
            assertTrue(chunked.getMessage().contains("hung up in the middle"), chunked.getMessage());

            engine.answers(GET, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello");
            assertThrows(TransferException.class, () -> docker("lab/solver:1"));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    "HTTP/1.1 200 OK\r\n",
                    "SSH-2.0-OpenSSH\r\n\r\n",
                    "HTTP/1.1 abc\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                })
        void whatIsNoHttpIsAFailedTransfer(String answer) {
            engine.answers(GET, answer);

            assertThrows(TransferException.class, () -> docker("lab/solver:1"));
        }

        @Test
        void headsWithoutEndAreCutOff() {
            engine.answers(GET, "HTTP/1.1 200 OK\r\n" + "x".repeat(100_000));

            TransferException e = assertThrows(TransferException.class, () -> docker("lab/solver:1"));
            assertTrue(e.getMessage().contains("no end"), e.getMessage());
        }

        @Test
        void everyTruncationOfAnAnswerIsAFailedTransfer() throws Exception {
            byte[] whole = FakeEngine.chunked(SampleImage.random(1, 40), 40);
            for (int length = 0; length < whole.length - 2; length++) {
                engine.answers(GET, java.util.Arrays.copyOf(whole, length));

                assertThrows(TransferException.class, () -> docker("lab/solver:1"), "cut at " + length);
            }
        }

        @Test
        void anAbsentEngineIsAskedForWithTheWayAround() {
            Map<String, String> environment = Map.of("DOCKER_HOST", "unix://" + directory.resolve("absent.sock"));

            HostUnsupportedException e =
                    assertThrows(HostUnsupportedException.class, () -> export(Engine.DOCKER, "x", environment));
            assertTrue(e.failure().hint().orElseThrow().contains("docker-archive:FILE"), e.getMessage());
        }

        @Test
        void aSocketWithoutAnEngineIsToldApart() {
            engine.close();

            HostUnsupportedException e = assertThrows(HostUnsupportedException.class, () -> docker("lab/solver:1"));
            assertTrue(e.getMessage().contains("nobody answers"), e.getMessage());
        }

        @Test
        void enginesOfOtherMachinesAreRefused() {
            for (String host : List.of("tcp://10.0.0.1:2375", "ssh://login", "unix://relative")) {
                UsageException e = assertThrows(
                        UsageException.class, () -> export(Engine.DOCKER, "x", Map.of("DOCKER_HOST", host)));
                assertTrue(e.failure().hint().orElseThrow().contains("jrun import -"), e.getMessage());
            }
        }

        @Test
        void rootlessDockerIsFoundInTheRuntimeDirectory() throws Exception {
            assertArrayEquals(
                    ARCHIVE, export(Engine.DOCKER, "lab/solver:1", Map.of("XDG_RUNTIME_DIR", directory.toString())));
        }

        @Test
        void podmansServiceIsFoundInTheRuntimeDirectory() throws Exception {
            Files.createDirectory(directory.resolve("podman"));
            try (FakeEngine podman = new FakeEngine(directory.resolve("podman/podman.sock"))) {
                podman.has("lab/solver:1", ARCHIVE);

                assertArrayEquals(
                        ARCHIVE,
                        export(Engine.PODMAN, "lab/solver:1", Map.of("XDG_RUNTIME_DIR", directory.toString())));
            }
        }
    }

    /** A program called podman that does what the script says; only where no service of root's listens. */
    @Nested
    class WithoutAService {

        private Map<String, String> podman(String script) throws IOException {
            Path program = Files.writeString(directory.resolve("podman"), "#!/bin/sh\n" + script + "\n");
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
            return Map.of("PATH", "/usr/bin:/bin", "DIRECTORY", directory.toString());
        }

        private byte[] run(String script) throws IOException {
            Map<String, String> environment = podman(script);
            try (InputStream in = new PodmanProcess(
                            "lab/solver:1",
                            environment,
                            directory.resolve("podman").toString())
                    .open()) {
                return in.readAllBytes();
            }
        }

        @Test
        void theProgramsOutputIsTheArchive() throws Exception {
            assertArrayEquals(
                    "image save --quiet --format docker-archive -- lab/solver:1".getBytes(UTF_8),
                    run("echo talk >&2; printf '%s' \"$*\""));
        }

        @Test
        void aProgramThatFailsIsToldInItsLastWords() {
            TransferException e = assertThrows(
                    TransferException.class, () -> run("printf half; echo first >&2; echo disk broken >&2; exit 125"));

            assertTrue(e.getMessage().contains("exit status 125: disk broken"), e.getMessage());
        }

        @Test
        void anUnknownImageIsNotFound() {
            assertThrows(
                    NotFoundException.class, () -> run("echo 'Error: lab/solver:1: image not known' >&2; exit 125"));
        }

        @Test
        void aProgramThatTalksWithoutEndDoesNotHang() throws Exception {
            assertArrayEquals(
                    "done".getBytes(UTF_8),
                    run(
                            "i=0; while [ $i -lt 20000 ]; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxx >&2; i=$((i+1)); done; printf done"));
        }

        @Test
        void anAbsentProgramIsAskedForWithTheWayAround() {
            JrunException e = assertThrows(HostUnsupportedException.class, () -> new PodmanProcess(
                            "x", Map.of(), directory.resolve("absent").toString())
                    .open());

            assertTrue(e.failure().hint().orElseThrow().contains("docker-archive:FILE"), e.getMessage());
        }
    }
}
