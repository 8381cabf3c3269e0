package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PlanHeaderTest {

    private static final Pattern DEFINITION =
            Pattern.compile("(?m)^#define PLAN_(\\w+) +(0x[0-9a-f]+|\\d+)(?:ULL)?\\b");

    @Test
    void encoderAndHeaderHaveTheSameConstants() throws Exception {
        Map<String, Long> header = new TreeMap<>();
        Matcher matcher = DEFINITION.matcher(Files.readString(Path.of("src/main/c/plan.h")));
        while (matcher.find()) {
            long value = Long.decode(matcher.group(2));
            header.put(matcher.group(1), value == 0xffffffffL ? -1 : value);
        }

        Map<String, Long> encoder = new TreeMap<>();
        for (Field field : PlanFormat.class.getDeclaredFields()) {
            encoder.put(field.getName(), ((Number) field.get(null)).longValue());
        }

        assertEquals(header, encoder);
    }
}
