package io.jrun.runtime.config;

import io.jrun.posix.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All that is configured for one caller.
 *
 * @param settings in the order in which they count: a later one of the same key outweighs an earlier one
 * @param environment of the files in environ.d, the system's before the user's
 * @param mounts of the files in mounts.d, the system's before the user's
 * @param hooks host paths of programs, in the order in which they run
 * @param consulted everything looked at to find out
 */
public record Configuration(
        List<Setting> settings,
        List<EnvironmentFile.Entry> environment,
        List<FstabEntry> mounts,
        List<ByteString> hooks,
        List<Consulted> consulted) {

    public Configuration {
        settings = List.copyOf(settings);
        environment = List.copyOf(environment);
        mounts = List.copyOf(mounts);
        hooks = List.copyOf(hooks);
        consulted = List.copyOf(consulted);
    }

    /** Nothing configured, and nowhere looked. */
    public static Configuration none() {
        return new Configuration(List.of(), List.of(), List.of(), List.of(), List.of());
    }

    /** What counts for a key that takes one value; empty when no place gives it one. */
    public Optional<Setting> value(ConfigKey key) {
        Optional<Setting> last = Optional.empty();
        for (Setting setting : settings) {
            if (setting.key() == key) {
                last = Optional.of(setting);
            }
        }
        return last;
    }

    /** Whether a switch is on; the default where no place says so. */
    public boolean isOn(ConfigKey key) {
        Optional<Setting> setting = value(key);
        return (setting.isPresent() ? setting.get().value() : key.defaultValue()).equals("yes");
    }

    /** Each word of a key that takes several, with the place that adds it. */
    public List<Setting> words(ConfigKey key) {
        List<Setting> words = new ArrayList<>();
        for (Setting setting : settings) {
            if (setting.key() != key) {
                continue;
            }
            if (setting.value().isEmpty()) {
                words.clear();
            }
            for (String word : setting.value().split("\\s+", -1)) {
                if (!word.isEmpty()) {
                    words.add(new Setting(key, word, setting.origin()));
                }
            }
        }
        return words;
    }

    /** What holds for each key, in the order of {@link ConfigKey}; those that nobody set with their default. */
    public List<Setting> effective() {
        List<Setting> all = new ArrayList<>();
        for (ConfigKey key : ConfigKey.values()) {
            if (key.kind() == ConfigKey.Kind.WORDS && value(key).isPresent()) {
                all.addAll(words(key));
            } else {
                Optional<Setting> setting = value(key);
                all.add(setting.isPresent() ? setting.get() : new Setting(key, key.defaultValue(), "default"));
            }
        }
        return all;
    }
}
