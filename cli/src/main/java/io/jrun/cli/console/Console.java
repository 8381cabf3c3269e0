package io.jrun.cli.console;

import io.jrun.error.Failure;
import io.jrun.error.StorageException;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Where results and talk go, and whether a person is at the other end. Text is UTF-8 whatever the locale. */
public final class Console {

    private static final int DEFAULT_COLUMNS = 80;
    private static final int MIN_COLUMNS = 20;

    private final BufferedReader in;
    private final OutputStream out;
    private final PrintStream err;
    private final Map<String, String> environment;
    private final boolean interactive;
    private final boolean terminal;

    public Console(
            InputStream in,
            OutputStream out,
            PrintStream err,
            Map<String, String> environment,
            boolean interactive,
            boolean terminal) {
        this.in = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        this.out = out;
        this.err = err;
        this.environment = environment;
        this.interactive = interactive;
        this.terminal = terminal;
    }

    public static Console ofThisProcess() {
        boolean drawable =
                isTerminal(2) && !System.getenv().getOrDefault("TERM", "dumb").equals("dumb");
        return new Console(
                System.in,
                new FileOutputStream(FileDescriptor.out),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                System.getenv(),
                isTerminal(0) && isTerminal(2),
                drawable);
    }

    /** By the name of the open file, which spares a native call. Source: proc_pid_fd(5), pts(4), tty(4), console(4). */
    private static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException closed) {
            return false;
        }
    }

    /** Whether a person reads standard output directly, so that names must not steer the terminal. */
    public boolean showsResultsOnTerminal() {
        return out instanceof FileOutputStream && isTerminal(1);
    }

    /** Writes a result, followed by a line feed. */
    public void result(String text) throws StorageException {
        try {
            out.write((text + "\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
        } catch (IOException e) {
            throw new StorageException(Failure.of("write the result to standard output", e.getMessage()), e);
        }
    }

    /** Standard output, for help pages. */
    public OutputStream out() {
        return out;
    }

    public PrintStream err() {
        return err;
    }

    public Map<String, String> environment() {
        return environment;
    }

    /** Whether a question can be asked and answered. */
    public boolean isInteractive() {
        return interactive;
    }

    /** Whether talk goes to a terminal that can redraw lines. */
    public boolean isTerminal() {
        return terminal;
    }

    /** $COLUMNS where the caller exports it. */
    public int columns() {
        String columns = environment.getOrDefault("COLUMNS", "");
        return columns.matches("[0-9]{1,4}") ? Math.max(MIN_COLUMNS, Integer.parseInt(columns)) : DEFAULT_COLUMNS;
    }

    /** The next line of standard input; empty at its end. */
    public Optional<String> readLine() throws IOException {
        return Optional.ofNullable(in.readLine());
    }

    /** Asks for a line on the terminal. */
    public Optional<String> ask(String question) throws IOException {
        err.print(question);
        err.flush();
        return readLine();
    }

    /** Asks for a line on the terminal and does not show it; empty where that cannot be had. */
    @SuppressWarnings("SystemConsoleNull") // Newer JDKs give one without a terminal too; that is asked before.
    public Optional<String> askSecret(String question) {
        if (!isTerminal(0) || !isTerminal(1)) {
            return Optional.empty();
        }
        java.io.Console terminal = System.console();
        return terminal == null
                ? Optional.empty()
                : Optional.ofNullable(terminal.readPassword("%s", question)).map(String::new);
    }

    /** Asks a question on the terminal; true for "y" and "yes". */
    public boolean confirm(String question) throws IOException {
        return ask(question + " [y/N] ")
                .filter(answer -> answer.strip().matches("(?i)y|yes"))
                .isPresent();
    }
}
