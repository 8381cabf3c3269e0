package io.jrun.cli.progress;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
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
        width.askAtEachResize();
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

    /** By reflection, because the compiler warns of every mention of these classes. */
    private void askAtEachResize() {
        try {
            Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
            Class<?> signalType = Class.forName("sun.misc.Signal");
            InvocationHandler onSignal = (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                    ask();
                    return null;
                }
                return method.getName().equals("equals") ? proxy == arguments[0] : System.identityHashCode(proxy);
            };
            Object handler =
                    Proxy.newProxyInstance(handlerType.getClassLoader(), new Class<?>[] {handlerType}, onSignal);
            Object signal = signalType.getConstructor(String.class).newInstance("WINCH");
            signalType.getMethod("handle", signalType, handlerType).invoke(null, signal, handler);
        } catch (ReflectiveOperationException noSuchSignalHere) {
            // The width at the beginning stays.
            return;
        }
    }
}
