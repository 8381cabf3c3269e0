package io.jrun.image.registry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One demand for authentication in a WWW-Authenticate header.
 *
 * @param scheme in lower case
 * @param parameters names in lower case
 */
record Challenge(String scheme, Map<String, String> parameters) {

    Challenge {
        parameters = Map.copyOf(parameters);
    }

    Optional<String> parameter(String name) {
        return Optional.ofNullable(parameters.get(name)).filter(value -> !value.isEmpty());
    }

    /**
     * All challenges of all headers, in order. Malformed text ends the header it stands in; what came before it counts.
     * Source: RFC 9110, section 11.6.1.
     */
    static List<Challenge> parse(List<String> headers) {
        List<Challenge> challenges = new ArrayList<>();
        headers.forEach(header -> new Parser(header).parseInto(challenges));
        return challenges;
    }

    private static final class Parser {

        private final String text;
        private int position;

        Parser(String text) {
            this.text = text;
        }

        void parseInto(List<Challenge> challenges) {
            while (true) {
                skipSeparators();
                String scheme = token();
                if (scheme.isEmpty()) {
                    return;
                }
                challenges.add(new Challenge(scheme.toLowerCase(Locale.ROOT), parameters()));
            }
        }

        /** Up to the next word that no "=" follows: that one is the next scheme. */
        private Map<String, String> parameters() {
            Map<String, String> parameters = new LinkedHashMap<>();
            while (true) {
                skipSeparators();
                int start = position;
                String name = token();
                skipSpaces();
                boolean isParameter = !name.isEmpty() && position < text.length() && text.charAt(position) == '=';
                if (!isParameter) {
                    position = start;
                    return parameters;
                }
                position++;
                skipSpaces();
                parameters.putIfAbsent(name.toLowerCase(Locale.ROOT), value());
            }
        }

        private String value() {
            return position < text.length() && text.charAt(position) == '"' ? quoted() : token();
        }

        private String quoted() {
            StringBuilder value = new StringBuilder();
            position++;
            while (position < text.length() && text.charAt(position) != '"') {
                if (text.charAt(position) == '\\' && position + 1 < text.length()) {
                    position++;
                }
                value.append(text.charAt(position++));
            }
            position = Math.min(position + 1, text.length());
            return value.toString();
        }

        private String token() {
            int start = position;
            while (position < text.length() && " \t,=\"".indexOf(text.charAt(position)) < 0) {
                position++;
            }
            return text.substring(start, position);
        }

        private void skipSpaces() {
            while (position < text.length() && " \t".indexOf(text.charAt(position)) >= 0) {
                position++;
            }
        }

        private void skipSeparators() {
            while (position < text.length() && " \t,".indexOf(text.charAt(position)) >= 0) {
                position++;
            }
        }
    }
}
