package io.jrun.cli.console;

import io.jrun.posix.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The arguments of this process as the bytes they are: a JVM decodes them by the locale and so loses what is no text.
 * Source: proc_pid_cmdline(5).
 */
public final class RawArguments {

    private RawArguments() {}

    /** @param count how many arguments {@code main} was given: they are the last ones of the process */
    public static List<ByteString> ofThisProcess(int count) throws IOException {
        return last(Files.readAllBytes(Path.of("/proc/self/cmdline")), count);
    }

    /**
     * The bytes of one argument of this process as the JVM decoded it. Only where two arguments that are no UTF-8 decode
     * alike, the first stands for both.
     */
    public static ByteString bytesOf(String argument) throws IOException {
        if (argument.indexOf('\ufffd') >= 0) {
            for (ByteString raw : split(Files.readAllBytes(Path.of("/proc/self/cmdline")))) {
                if (raw.toString().equals(argument)) {
                    return raw;
                }
            }
        }
        return ByteString.of(argument);
    }

    /** The last {@code count} of the strings in {@code commandLine}, each of which ends with 0x00. */
    public static List<ByteString> last(byte[] commandLine, int count) {
        List<ByteString> all = split(commandLine);
        if (all.size() < count) {
            throw new IllegalStateException("the process has " + all.size() + " arguments, main was given " + count);
        }
        return List.copyOf(all.subList(all.size() - count, all.size()));
    }

    private static List<ByteString> split(byte[] commandLine) {
        List<ByteString> all = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < commandLine.length; i++) {
            if (commandLine[i] == 0) {
                all.add(ByteString.of(Arrays.copyOfRange(commandLine, start, i)));
                start = i + 1;
            }
        }
        return all;
    }
}
