package io.jrun.runtime.mpi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The texts in a binary file, as strings(1) prints them, in one pass and little memory. */
final class PrintableRuns {

    private static final int CHUNK = 1 << 16;

    /** What names a version is short; longer runs are cut into pieces. */
    private static final int MAX_RUN = 512;

    private static final int MIN_RUN = 5;

    private PrintableRuns() {}

    /**
     * For each pattern the first group where it is first found. Looks only at texts in which a point stands between two
     * digits.
     */
    static List<Optional<String>> versions(SeekableByteChannel channel, List<Pattern> patterns) throws IOException {
        List<Optional<String>> found = new ArrayList<>();
        patterns.forEach(pattern -> found.add(Optional.empty()));
        read(channel, text -> {
            if (holdsVersion(text)) {
                for (int i = 0; i < patterns.size(); i++) {
                    Matcher matcher = patterns.get(i).matcher(text);
                    if (found.get(i).isEmpty() && matcher.find()) {
                        found.set(i, Optional.of(matcher.group(1)));
                    }
                }
            }
        });
        return found;
    }

    /** Whether one of the texts begins so. */
    static boolean holds(SeekableByteChannel channel, String start) throws IOException {
        boolean[] found = {false};
        read(channel, text -> found[0] |= text.startsWith(start));
        return found[0];
    }

    private static boolean holdsVersion(String text) {
        for (int point = text.indexOf('.', 1); point > 0; point = text.indexOf('.', point + 1)) {
            if (isDigit(text, point - 1) && isDigit(text, point + 1)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isDigit(String text, int at) {
        return at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9';
    }

    private static void read(SeekableByteChannel channel, Consumer<String> texts) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
        byte[] run = new byte[MAX_RUN];
        int length = 0;
        channel.position(0);
        while (channel.read(buffer.clear()) > 0) {
            buffer.flip();
            while (buffer.hasRemaining()) {
                byte next = buffer.get();
                boolean printable = next >= ' ' && next < 0x7f;
                if (printable && length < MAX_RUN) {
                    run[length++] = next;
                    continue;
                }
                take(run, length, texts);
                length = 0;
            }
        }
        take(run, length, texts);
    }

    private static void take(byte[] run, int length, Consumer<String> texts) {
        if (length >= MIN_RUN) {
            texts.accept(new String(run, 0, length, StandardCharsets.US_ASCII));
        }
    }
}
