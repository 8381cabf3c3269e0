package io.jrun.runtime.mpi;

import java.util.Optional;

/**
 * A library of an image or of the host.
 *
 * @param path where it lies in that tree
 * @param version as the file tells; empty where it does not
 */
public record MpiLibrary(String path, Optional<String> version) {

    /** The first numbers of the version; fewer than asked where there are no more. */
    int[] numbers() {
        String[] words = version.orElse("").split("[^0-9]+", -1);
        int count = 0;
        while (count < Math.min(3, words.length) && !words[count].isEmpty() && words[count].length() < 6) {
            count++;
        }
        int[] numbers = new int[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = Integer.parseInt(words[i]);
        }
        return numbers;
    }

    String describe() {
        return version.map(text -> text + ", ").orElse("") + path;
    }
}
