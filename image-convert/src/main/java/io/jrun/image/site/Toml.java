package io.jrun.image.site;

import com.electronwill.nightconfig.core.UnmodifiableConfig;
import com.electronwill.nightconfig.core.io.ParsingException;
import com.electronwill.nightconfig.toml.TomlParser;
import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One table of a TOML file. A member of another type than asked for is an error, an absent one is not. */
final class Toml {

    private static final int MAX_FILE_SIZE_IN_BYTES = 1 << 20;

    private final Path file;
    private final UnmodifiableConfig table;

    private Toml(Path file, UnmodifiableConfig table) {
        this.file = file;
        this.table = table;
    }

    /** Empty where there is no such file. */
    static Optional<Toml> read(Path file) throws JrunException {
        try {
            if (Files.size(file) > MAX_FILE_SIZE_IN_BYTES) {
                throw new CorruptDataException(
                        Failure.of("read " + file, "it has more than " + MAX_FILE_SIZE_IN_BYTES + " bytes"));
            }
            String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
            return Optional.of(new Toml(file, new TomlParser().parse(text)));
        } catch (NoSuchFileException | NotDirectoryException absent) {
            return Optional.empty();
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw ConfigurationFiles.unreadable(file, e);
        } catch (ParsingException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new CorruptDataException(
                    Failure.of("read " + file, "it is not well-formed TOML: " + e.getMessage())
                            .hint("correct the file; its format is explained by `man containers-registries.conf`"),
                    e);
        }
    }

    Path file() {
        return file;
    }

    Optional<String> string(String name) throws CorruptDataException {
        return value(name, String.class, "a string");
    }

    boolean isTrue(String name) throws CorruptDataException {
        return value(name, Boolean.class, "true or false").orElse(false);
    }

    /** Empty when absent, which is another thing than an empty list. */
    Optional<List<String>> strings(String name) throws CorruptDataException {
        Optional<List<?>> list = list(name);
        if (list.isPresent() && !list.get().stream().allMatch(String.class::isInstance)) {
            throw malformed(name, "a list of strings");
        }
        return list.map(items -> items.stream().map(String.class::cast).toList());
    }

    List<Toml> tables(String name) throws CorruptDataException {
        List<?> items = list(name).orElse(List.of());
        if (!items.stream().allMatch(UnmodifiableConfig.class::isInstance)) {
            throw malformed(name, "a list of tables");
        }
        return items.stream()
                .map(item -> new Toml(file, (UnmodifiableConfig) item))
                .toList();
    }

    Optional<Toml> table(String name) throws CorruptDataException {
        return value(name, UnmodifiableConfig.class, "a table").map(inner -> new Toml(file, inner));
    }

    /** All members of this table, whose names may hold dots. */
    Map<String, String> stringMap() throws CorruptDataException {
        Map<String, String> members = new LinkedHashMap<>();
        for (UnmodifiableConfig.Entry entry : table.entrySet()) {
            members.put(
                    entry.getKey(),
                    value(entry.getKey(), String.class, "a string").orElse(""));
        }
        return members;
    }

    private Optional<List<?>> list(String name) throws CorruptDataException {
        return value(name, List.class, "a list").map(items -> (List<?>) items);
    }

    private <T> Optional<T> value(String name, Class<T> type, String wanted) throws CorruptDataException {
        Object value = table.get(List.of(name));
        if (value != null && !type.isInstance(value)) {
            throw malformed(name, wanted);
        }
        return Optional.ofNullable(value).map(type::cast);
    }

    CorruptDataException malformed(String name, String wanted) {
        return new CorruptDataException(Failure.of("read " + file, "\"" + name + "\" is not " + wanted)
                .hint("its format is explained by `man containers-registries.conf`"));
    }
}
