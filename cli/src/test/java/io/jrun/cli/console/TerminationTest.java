package io.jrun.cli.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real signals at a real process. */
class TerminationTest {

    @TempDir
    Path directory;

    /** Holds a temporary file as an import does, until it is interrupted. */
    static final class Holder {
        public static void main(String[] arguments) throws IOException {
            Path temporary = Path.of(arguments[0]);
            Termination.install();
            Termination.beforeDying(() -> System.out.println("cleaned up"));
            try {
                Files.createFile(temporary);
                System.out.println("ready");
                Thread.sleep(TimeUnit.MINUTES.toMillis(1));
            } catch (InterruptedException interrupted) {
                System.out.println("interrupted " + Termination.isDying());
            } finally {
                Files.deleteIfExists(temporary);
            }
            Termination.unwound();
        }
    }

    @ParameterizedTest
    @CsvSource({"INT,130", "TERM,143", "HUP,129"})
    void theProcessDiesOfTheSignalWhenItHasCleanedUp(String signal, int status) throws Exception {
        Path temporary = directory.resolve("temporary");
        Process shell = holder(temporary, "\"$@\"; echo \"status $?\"");
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(shell.getInputStream(), StandardCharsets.UTF_8));
        assertEquals("ready", lines.readLine());

        long child = shell.children().findFirst().orElseThrow().pid();
        new ProcessBuilder("/bin/sh", "-c", "kill -s " + signal + " " + child)
                .start()
                .waitFor();

        assertEquals("interrupted true", lines.readLine());
        assertEquals("cleaned up", lines.readLine());
        assertEquals("status " + status, lines.readLine());
        assertFalse(Files.exists(temporary));
    }

    @Test
    void signalsThatTheCallerIgnoresStayIgnored() throws Exception {
        Path temporary = directory.resolve("temporary");
        Process shell = holder(temporary, "trap '' HUP; exec \"$@\"");
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(shell.getInputStream(), StandardCharsets.UTF_8));
        assertEquals("ready", lines.readLine());

        new ProcessBuilder("/bin/sh", "-c", "kill -s HUP " + shell.pid() + "; kill -s TERM " + shell.pid())
                .start()
                .waitFor();

        assertTrue(shell.waitFor(1, TimeUnit.MINUTES));
        assertEquals(143, shell.exitValue());
    }

    /**
     * Not deaf to SIGINT, as commands in the background of a shell are, nor to SIGHUP, as by nohup(1); these tests may be both.
     *
     * @param script starts "$@"
     */
    private static Process holder(Path temporary, String script) throws IOException {
        return new ProcessBuilder(
                        "env",
                        "--default-signal=INT,HUP",
                        "/bin/sh",
                        "-c",
                        script,
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        temporary.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }
}
