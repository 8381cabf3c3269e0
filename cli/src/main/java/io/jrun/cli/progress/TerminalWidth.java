package io.jrun.cli.progress;

import io.jrun.cli.console.Signal;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * How many columns the terminal has, also after its window was resized. stty(1) is asked, once at first and once for each
 * SIGWINCH, because the ioctl(2) would need the native library, which takes far longer to load.
 */
public final class TerminalWidth implements IntSupplier {

    private static final int MIN_COLUMNS = 20;

    private final int otherwise;
    private volatile int columns;

    private TerminalWidth(int otherwise) {
        this.otherwise = otherwise;
        this.columns = otherwise;
    }

    /** @param otherwise where the terminal does not tell */
    public static TerminalWidth watched(int otherwise) {
        TerminalWidth width = new TerminalWidth(otherwise);
        width.ask();
        Signal.named("WINCH").handle(resized -> width.ask());
        return width;
    }

    @Override
    public int getAsInt() {
        return columns;
    }

    private void ask() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(new File("/dev/tty"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (InputStream out = stty.getInputStream()) {
                columns = parse(new String(out.readAllBytes(), StandardCharsets.US_ASCII))
                        .orElse(otherwise);
            }
            stty.waitFor(1, TimeUnit.SECONDS);
        } catch (IOException noTerminalOrNoProgram) {
            columns = otherwise;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The second of two numbers, rows and columns; a terminal that does not know says 0. */
    static Optional<Integer> parse(String rowsAndColumns) {
        String text = rowsAndColumns.strip();
        return text.matches("[0-9]{1,5} [0-9]{1,5}")
                ? Optional.of(Integer.parseInt(text.substring(text.indexOf(' ') + 1)))
                        .filter(number -> number > 0)
                        .map(number -> Math.max(MIN_COLUMNS, number))
                : Optional.empty();
    }
}
