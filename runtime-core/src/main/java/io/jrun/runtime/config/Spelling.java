package io.jrun.runtime.config;

import java.util.ArrayList;
import java.util.List;

/** What a mistyped key was meant to be. */
final class Spelling {

    /** Typing errors; more is another word. */
    private static final int MAX_DISTANCE = 2;

    private Spelling() {}

    static String advice(String word) {
        List<String> all = new ArrayList<>();
        for (ConfigKey key : ConfigKey.values()) {
            all.add(key.word());
            if (distance(word, key.word()) <= MAX_DISTANCE) {
                return "did you mean " + key.word() + "?";
            }
        }
        return "the keys are " + String.join(", ", all);
    }

    /** Characters to insert, delete or replace. Source: Levenshtein. */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? diagonal : diagonal + 1;
                row[j] = Math.min(change, Math.min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}
