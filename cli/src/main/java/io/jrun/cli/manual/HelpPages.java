package io.jrun.cli.manual;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** The help pages as the commands print them, one resource each: "jrun", "import", "cache-list". */
public final class HelpPages {

    private static final String HELP = "--help";

    private HelpPages() {}

    /** The page that a command line asks for and nothing else; empty where the command has to be asked. */
    public static Optional<String> askedFor(List<String> arguments) throws IOException {
        if (arguments.equals(List.of(HELP)) || arguments.equals(List.of("-h")) || arguments.equals(List.of("help"))) {
            return page("jrun");
        }
        if (arguments.size() >= 2 && arguments.get(0).equals("help")) {
            return named(arguments.subList(1, arguments.size()));
        }
        int last = arguments.size() - 1;
        return last >= 1 && arguments.get(last).equals(HELP) ? named(arguments.subList(0, last)) : Optional.empty();
    }

    private static Optional<String> named(List<String> words) throws IOException {
        for (String word : words) {
            if (!word.matches("[a-z]+(-[a-z]+)*")) {
                return Optional.empty();
            }
        }
        return page(String.join("-", words));
    }

    /** Empty when there is no such page. */
    public static Optional<String> page(String name) throws IOException {
        try (InputStream in = HelpPages.class.getResourceAsStream("help/" + name + ".txt")) {
            return in == null ? Optional.empty() : Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
