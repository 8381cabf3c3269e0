package io.jrun.runtime.config;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.FileStatus;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.HostPaths;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the system's directory, then the user's, then the variables. In a directory: {@code config},
 * {@code config.d/*.conf}, {@code environ.d/*.env}, {@code mounts.d/*.fstab} and the programs in {@code hooks.d}, each in
 * ascending byte order of the names; hidden files and other suffixes are left alone.
 *
 * <p>A directory that is not there costs one look; one that is there is looked at once for all the names it lacks, since
 * its time changes when a name comes.
 */
public final class ConfigurationReader {

    /** Where the system's directory lies instead of in /etc. */
    private static final String SYSTEM_VARIABLE = "JRUN_SYSCONF_PATH";

    private static final String USER_VARIABLE = "JRUN_CONFIG_PATH";
    private static final ByteString SYSTEM_DIRECTORY = ByteString.of("/etc/jrun");
    private static final int MAX_BYTES = 1 << 20;

    private final HostFiles files;
    private final Map<ByteString, ByteString> environment;
    private final Expansion expansion;
    private final List<Setting> settings = new ArrayList<>();
    private final List<EnvironmentFile.Entry> variables = new ArrayList<>();
    private final List<FstabEntry> mounts = new ArrayList<>();
    private final List<ByteString> hooks = new ArrayList<>();
    private final List<Consulted> consulted = new ArrayList<>();

    private ConfigurationReader(HostFiles files, Map<ByteString, ByteString> environment) {
        this.files = files;
        this.environment = environment;
        this.expansion = new Expansion(environment);
    }

    /** @param environment the caller's, in which the paths, the keys and what the files refer to are looked up */
    public static Configuration read(HostFiles files, Map<ByteString, ByteString> environment) throws JrunException {
        return new ConfigurationReader(files, environment).read();
    }

    /**
     * The variables of a file that the caller names.
     *
     * @param consulted gets what was looked at
     */
    public static List<EnvironmentFile.Entry> environmentFile(
            HostFiles files, Map<ByteString, ByteString> environment, ByteString path, List<Consulted> consulted)
            throws JrunException {
        ConfigurationReader reader = new ConfigurationReader(files, environment);
        Optional<byte[]> content = files.read(path, EnvironmentFile.MAX_BYTES);
        if (content.isEmpty()) {
            throw new NotFoundException(Failure.of("read the variables of " + path, "there is no such file (ENOENT)")
                    .hint("correct the path behind --env-file"));
        }
        reader.look(path);
        List<EnvironmentFile.Entry> entries = EnvironmentFile.parse(content.get(), path.toString(), reader.expansion);
        reader.noteUsedVariables();
        consulted.addAll(reader.consulted);
        return entries;
    }

    private Configuration read() throws JrunException {
        Optional<ByteString> system = variable(SYSTEM_VARIABLE);
        readDirectory(system.isPresent() ? absolute(SYSTEM_VARIABLE, system.get()) : SYSTEM_DIRECTORY);
        Optional<ByteString> user = userDirectory();
        if (user.isPresent()) {
            readDirectory(user.get());
        }
        for (ConfigKey key : ConfigKey.values()) {
            Optional<ByteString> value = variable(key.variable());
            if (value.isPresent()) {
                add(key, value.get().toString(), key.variable());
            }
        }
        noteUsedVariables();
        return new Configuration(settings, variables, mounts, hooks, consulted);
    }

    /** Source: XDG Base Directory Specification 0.8; relative paths are ignored, as it says. */
    private Optional<ByteString> userDirectory() throws UsageException {
        Optional<ByteString> own = variable(USER_VARIABLE);
        if (own.isPresent()) {
            return Optional.of(absolute(USER_VARIABLE, own.get()));
        }
        Optional<ByteString> xdg = variable("XDG_CONFIG_HOME");
        if (xdg.isPresent() && xdg.get().startsWith("/")) {
            return Optional.of(HostPaths.join(xdg.get(), "jrun"));
        }
        Optional<ByteString> home = variable("HOME");
        return home.isPresent() && home.get().startsWith("/")
                ? Optional.of(HostPaths.join(home.get(), ".config/jrun"))
                : Optional.empty();
    }

    private static ByteString absolute(String variable, ByteString path) throws UsageException {
        if (!path.startsWith("/")) {
            throw new UsageException(Failure.of("use " + variable + "=" + path, "it is no absolute path")
                    .hint("export " + variable + "=/some/directory"));
        }
        return path;
    }

    /** Set and not empty. */
    private Optional<ByteString> variable(String name) {
        ByteString key = ByteString.of(name);
        Optional<ByteString> value = Optional.ofNullable(environment.get(key));
        consulted.add(new Consulted.Variable(key, value));
        return value.isPresent() && value.get().isEmpty() ? Optional.empty() : value;
    }

    private void noteUsedVariables() {
        for (Map.Entry<ByteString, Optional<ByteString>> used : expansion.used().entrySet()) {
            consulted.add(new Consulted.Variable(used.getKey(), used.getValue()));
        }
    }

    private FileStatus look(ByteString path) {
        FileStatus status = files.stat(path);
        consulted.add(new Consulted.File(path, status));
        return status;
    }

    private void readDirectory(ByteString directory) throws JrunException {
        if (look(directory).kind() != FileKind.DIRECTORY) {
            return;
        }
        List<ByteString> names = files.list(directory);
        if (names.contains(ByteString.of("config"))) {
            readConfig(HostPaths.join(directory, "config"));
        }
        for (ByteString file : dropIns(directory, names, "config.d", ".conf")) {
            readConfig(file);
        }
        for (ByteString file : dropIns(directory, names, "environ.d", ".env")) {
            variables.addAll(EnvironmentFile.parse(content(file), file.toString(), expansion));
        }
        for (ByteString file : dropIns(directory, names, "mounts.d", ".fstab")) {
            mounts.addAll(FstabEntry.parseFile(content(file), file.toString(), expansion));
        }
        for (ByteString file : dropIns(directory, names, "hooks.d", "")) {
            FileStatus status = look(file);
            if (status.kind() == FileKind.REGULAR && (status.mode() & 0111) != 0) {
                hooks.add(file);
            }
        }
    }

    /** Paths in ascending byte order of their names. */
    private List<ByteString> dropIns(ByteString directory, List<ByteString> names, String below, String suffix)
            throws JrunException {
        List<ByteString> found = new ArrayList<>();
        ByteString place = HostPaths.join(directory, below);
        if (!names.contains(ByteString.of(below)) || look(place).kind() != FileKind.DIRECTORY) {
            return found;
        }
        for (ByteString name : files.list(place)) {
            boolean fits = name.length() > suffix.length()
                    && name.substring(name.length() - suffix.length()).equals(ByteString.of(suffix));
            if (fits && name.byteAt(0) != '.' && name.byteAt(name.length() - 1) != '~') {
                found.add(HostPaths.join(place, name));
            }
        }
        return found;
    }

    private byte[] content(ByteString file) throws JrunException {
        look(file);
        Optional<byte[]> content = files.read(file, MAX_BYTES);
        return content.isPresent() ? content.get() : new byte[0];
    }

    private void readConfig(ByteString file) throws JrunException {
        for (TextLine line : TextLine.of(content(file))) {
            String origin = file + " line " + line.number();
            String text = line.text().toString();
            int equals = text.indexOf('=');
            if (equals < 0) {
                throw new UsageException(Failure.of("read " + origin, "\"" + text + "\" is not of the form KEY = VALUE")
                        .hint("for example: rw = yes"));
            }
            String word = text.substring(0, equals).strip();
            Optional<ConfigKey> key = ConfigKey.named(word);
            if (key.isEmpty()) {
                throw new UsageException(Failure.of("read " + origin, "\"" + word + "\" is no key")
                        .hint(Spelling.advice(word)));
            }
            add(key.get(), text.substring(equals + 1).strip(), origin);
        }
    }

    private void add(ConfigKey key, String value, String origin) throws UsageException {
        settings.add(
                new Setting(key, key.kind() == ConfigKey.Kind.SWITCH ? yesOrNo(key, value, origin) : value, origin));
    }

    private static String yesOrNo(ConfigKey key, String value, String origin) throws UsageException {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "yes", "y", "true", "on", "1" -> "yes";
            case "no", "n", "false", "off", "0" -> "no";
            default ->
                throw new UsageException(Failure.of("read " + origin, "\"" + value + "\" is neither yes nor no")
                        .hint("write " + key.word() + " = yes, or = no"));
        };
    }
}
