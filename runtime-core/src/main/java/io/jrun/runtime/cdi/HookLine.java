package io.jrun.runtime.cdi;

import java.util.ArrayList;
import java.util.List;

/**
 * A hook as a command with options, however the vendor's program is called: {@code nvidia-cdi-hook update-ldcache …},
 * {@code nvidia-ctk hook update-ldcache …}.
 */
record HookLine(String command, List<String> arguments) {
    HookLine {
        arguments = List.copyOf(arguments);
    }

    static HookLine of(ContainerEdits.Hook hook) {
        List<String> words = new ArrayList<>(hook.args());
        if (!words.isEmpty()) {
            words.remove(0);
        }
        words.removeIf(word -> word.equals("hook") || word.equals("--quiet") || word.equals("--debug"));
        boolean vendors = hook.path().matches(".*/(nvidia-cdi-hook|nvidia-ctk|cdi-hook|amd-ctk)");
        return vendors && !words.isEmpty()
                ? new HookLine(words.get(0), words.subList(1, words.size()))
                : new HookLine("", List.of());
    }

    /** Of an option, as {@code --name value} and {@code --name=value}, in order. */
    List<String> values(String name) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            String word = arguments.get(i);
            if (word.equals("--" + name) && i + 1 < arguments.size()) {
                values.add(arguments.get(++i));
            } else if (word.startsWith("--" + name + "=")) {
                values.add(word.substring(name.length() + 3));
            }
        }
        return values;
    }
}
