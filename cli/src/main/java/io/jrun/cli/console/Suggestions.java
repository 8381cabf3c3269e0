package io.jrun.cli.console;

import java.util.Collection;
import java.util.List;

/** Which known words a mistyped one may stand for. */
public final class Suggestions {

    private Suggestions() {}

    /** At most three, nearest first; words that need more edits than a third of their length are left out. */
    public static List<String> near(String typed, Collection<String> known) {
        return known.stream()
                .filter(word -> word.startsWith(typed) || edits(typed, word) <= Math.max(1, word.length() / 3))
                .sorted((a, b) -> edits(typed, a) - edits(typed, b))
                .limit(3)
                .toList();
    }

    /** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
    private static int edits(String from, String to) {
        int[][] distance = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                distance[i][j] = i == 0 || j == 0 ? i + j : cheapest(distance, from, to, i, j);
            }
        }
        return distance[from.length()][to.length()];
    }

    private static int cheapest(int[][] distance, String from, String to, int i, int j) {
        int replaced = distance[i - 1][j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        int best = Math.min(replaced, 1 + Math.min(distance[i - 1][j], distance[i][j - 1]));
        boolean swapped =
                i > 1 && j > 1 && from.charAt(i - 1) == to.charAt(j - 2) && from.charAt(i - 2) == to.charAt(j - 1);
        return swapped ? Math.min(best, 1 + distance[i - 2][j - 2]) : best;
    }
}
