package io.jrun.runtime.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchFileTest {

    private static List<String> words(String text) throws UsageException {
        return BatchFile.words(ByteString.of(text), "file line 1").stream()
                .map(ByteString::toString)
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a b\t c|a,b,c",
                "'a b' c|a b,c",
                "\"a b\" c|a b,c",
                "a'b'\"c\"|abc",
                "a\\ b|a b",
                "'a\\b'|a\\b",
                "\"a\\\"b\\c\"|a\"b\\c",
                "\\'|'"
            })
    void wordsArePartedAsTheShellDoes(String text, String expected) throws UsageException {
        assertEquals(List.of(expected.split(",")), words(text));
    }

    @Test
    void anEmptyQuotedWordIsAWord() throws UsageException {
        assertEquals(List.of("a", "", "b"), words("a '' b"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"'a", "a \"b", "\"a\\\""})
    void quotesThatAreNotClosedAreRefused(String text) {
        assertThrows(UsageException.class, () -> words(text));
    }
}
