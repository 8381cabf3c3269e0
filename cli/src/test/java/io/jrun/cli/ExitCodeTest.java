package io.jrun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.error.TransferException;
import io.jrun.error.UsageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExitCodeTest {

    private static final Failure FAILURE =
            Failure.of("do it", "it is not to be (EWHY)").hint("do something else");

    @TempDir
    Path cache;

    @Test
    void everyKindOfFailureHasItsCode() {
        Map<Throwable, Integer> expected = Map.of(
                new UsageException(FAILURE), 2,
                new NotFoundException(FAILURE), 3,
                new DeniedException(FAILURE), 4,
                new CorruptDataException(FAILURE), 5,
                new TransferException(FAILURE), 6,
                new HostUnsupportedException(FAILURE), 7,
                new StorageException(FAILURE), 8,
                new IOException("unexpected"), 70,
                new IllegalStateException("unexpected"), 70);

        expected.forEach((failure, code) -> {
            CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);
            jrun.operations.failure = Optional.of(failure);
            assertEquals(code, jrun.run("list"), failure.toString());
        });
    }

    @Test
    void ourFailuresAreToldInTheGrammarOfMessages() {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);
        jrun.operations.failure = Optional.of(new NotFoundException(FAILURE));

        jrun.run("list");

        assertEquals("jrun: cannot do it: it is not to be (EWHY)\n  hint: do something else\n", jrun.err());
        assertEquals("", jrun.out());
    }

    @Test
    void wrappedFailuresAreUnwrapped() {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);
        jrun.operations.failure = Optional.of(
                new UncheckedIOException(new IOException(new ExecutionException(new StorageException(FAILURE)))));

        int code = jrun.run("list");

        assertEquals(70, code);

        jrun.operations.failure = Optional.of(new UncheckedIOException(new StorageException(FAILURE)));
        assertEquals(8, jrun.run("list"));
    }

    @Test
    void aFaultOfOursLeavesItsStackTraceInAFile() throws IOException {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);
        jrun.operations.failure = Optional.of(new IllegalStateException("broken"));

        jrun.run("inspect", "x");

        assertTrue(
                jrun.err()
                        .startsWith("jrun: cannot run inspect: a fault in jrun itself (IllegalStateException: broken)\n"
                                + "  hint: please report it together with the file " + cache
                                + "/jrun/crash-20261101T102030Z-"),
                jrun.err());
        try (var files = Files.list(cache.resolve("jrun"))) {
            List<Path> crashes = files.toList();
            assertEquals(1, crashes.size());
            String trace = Files.readString(crashes.get(0));
            assertTrue(trace.contains("java.lang.IllegalStateException: broken\n\tat "), trace);
        }
    }

    @Test
    void whereNoFileCanBeWrittenTheTraceIsPrinted() {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(Path.of("/proc/none"));
        jrun.operations.failure = Optional.of(new IllegalStateException("broken"));

        assertEquals(70, jrun.run("list"));

        assertTrue(jrun.err().contains("\tat io.jrun.cli."), jrun.err());
    }
}
