package io.jrun.judge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Starts whose system calls are counted, made to fail, or are the last of their process; {@code src/test/c/faults.c} does it. */
final class Faults {

    private static final int MAX_TRIES = 50;

    /** The command that {@code what} is done to, and the program in it that makes the calls. */
    private final Command command;

    private final Path program;

    Faults(Command command, Path program) {
        this.command = command;
        this.program = program;
    }

    /**
     * One call of the starter or of a process that it made.
     *
     * @param process in the order in which they were made
     * @param number in its process, from 1
     */
    record Call(int process, int number, String name) {
        @Override
        public String toString() {
            return "process " + process + ", call " + number + ", " + name;
        }
    }

    /** Those of an undisturbed run, until each process becomes another program. */
    List<Call> calls() throws IOException {
        Path file = file();
        Command.Result result = traced(file, "list").run();
        if (result.status() != 0) {
            throw new AssertionError(result.toString());
        }
        List<Call> calls = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            String[] words = line.split(" ", -1);
            calls.add(new Call(Integer.parseInt(words[0]), Integer.parseInt(words[1]), words[2]));
        }
        return calls;
    }

    /**
     * Runs until it has been done to that very call: starts that wait for others do not make the same calls each time.
     *
     * @param what a number of errno(3), or "kill"
     */
    Command.Result with(Call call, String what) throws IOException {
        String done = "";
        for (int i = 0; i < MAX_TRIES; i++) {
            Path file = file();
            Command.Result result = traced(
                            file, Integer.toString(call.process()), Integer.toString(call.number()), what)
                    .start()
                    .await(Duration.ofMinutes(2));
            done = Files.readString(file).strip();
            Files.delete(file);
            if (done.equals("done " + call.name())) {
                return result;
            }
        }
        throw new AssertionError("it was never done to " + call + ", but: " + done);
    }

    private Command traced(Path file, String... words) {
        List<String> prefix =
                new ArrayList<>(List.of(Workbench.tool("faults").toString(), program.toString(), file.toString()));
        prefix.addAll(List.of(words));
        return command.behind(prefix.toArray(new String[0]));
    }

    private static Path file() {
        return Workbench.newFolder("calls", Account.USER).resolve("calls");
    }
}
