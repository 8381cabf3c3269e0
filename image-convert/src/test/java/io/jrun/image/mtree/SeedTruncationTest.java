package io.jrun.image.mtree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Descriptions of trees, cut at each length: no line counts of which a part is missing. */
class SeedTruncationTest {

    private static final Path SEEDS = Path.of("src/test/resources/io/jrun/image/mtree/MtreeFuzzTestInputs/description");

    private static boolean isRead(byte[] document) {
        try {
            MtreeReader.read(document, "description");
            return true;
        } catch (CorruptDataException refused) {
            assertTrue(refused.getMessage().contains("description"), refused.getMessage());
            return false;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"all.mtree", "short.mtree"})
    void aDescriptionIsReadOnlyWhereALineEnds(String seed) throws IOException {
        byte[] whole = Files.readAllBytes(SEEDS.resolve(seed));
        List<Integer> read = new ArrayList<>();
        for (int length = 0; length <= whole.length; length++) {
            if (isRead(Arrays.copyOf(whole, length))) {
                read.add(length);
            }
        }
        assertEquals(endsOfLines(whole), read, seed);
    }

    /** From that line on which describes the root. */
    private static List<Integer> endsOfLines(byte[] whole) {
        List<Integer> ends = new ArrayList<>();
        String text = new String(whole, StandardCharsets.US_ASCII);
        for (int end = text.indexOf('\n', text.indexOf(". ")); end >= 0; end = text.indexOf('\n', end + 1)) {
            ends.add(end + 1);
        }
        return ends;
    }
}
