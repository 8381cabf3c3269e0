package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Options of mounts are read twice, by the compiler in files and command lines and by the starter in what hooks write: both
 * lists hold the same words. What each word does is judged by the kernel, in HookMountsTest of native-tests.
 */
class MountWordsTest {

    private static final Pattern TEXT = Pattern.compile("\"([A-Za-z_=*.-]+)\"");

    private static Set<String> texts(String source, String from, String to) {
        int begin = source.indexOf(from);
        int end = source.indexOf(to, begin);
        assertTrue(begin >= 0 && end > begin, from);
        Matcher matcher = TEXT.matcher(source.substring(begin, end));
        Set<String> texts = new TreeSet<>();
        while (matcher.find()) {
            texts.add(matcher.group(1));
        }
        return texts;
    }

    private static Set<String> starter() throws IOException {
        String source = Files.readString(Path.of("src/main/c/mounts.c"));
        Set<String> words = texts(source, "} known[] = {", "};");
        words.addAll(texts(source, "ignored[] = {", "};"));
        return words;
    }

    /** Whatever stands in the source between quotes; what is no word is none for either. */
    private static Set<String> compiler() throws IOException {
        Path source = Path.of("src/main/java/io/jrun/runtime/plan/MountOptions.java");
        return texts(Files.readString(source), "IGNORED = ", "MountRequest tmpfs(");
    }

    private static boolean compilerTakes(String word) {
        try {
            MountRequest.parse(ByteString.of("/a:/b:" + word), ByteString.of("/"));
            return true;
        } catch (UsageException none) {
            return false;
        }
    }

    private static boolean starterTakes(Set<String> known, String word) {
        return known.stream()
                .anyMatch(each ->
                        each.endsWith("*") ? word.startsWith(each.substring(0, each.length() - 1)) : each.equals(word));
    }

    @Test
    void bothListsHoldTheSameWords() throws IOException {
        Set<String> known = starter();
        Set<String> words = new TreeSet<>(compiler());
        known.forEach(each -> words.add(each.replace("*", "site")));
        for (PlanStep.Propagation.Kind kind : PlanStep.Propagation.Kind.values()) {
            String word = kind.name().toLowerCase(java.util.Locale.ROOT);
            words.addAll(List.of(word, "r" + word));
        }
        List<String> apart = new ArrayList<>();
        for (String word : words) {
            if (compilerTakes(word) != starterTakes(known, word)) {
                apart.add(word + ": " + (compilerTakes(word) ? "not in mounts.c" : "in mounts.c alone"));
            }
        }

        assertAll(
                () -> assertTrue(known.containsAll(Set.of("ro", "nosymfollow", "rslave", "noatime")), known::toString),
                () -> assertTrue(words.size() > 50, words::toString),
                () -> assertEquals(List.of(), apart));
    }
}
