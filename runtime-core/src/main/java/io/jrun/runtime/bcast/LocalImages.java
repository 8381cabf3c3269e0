package io.jrun.runtime.bcast;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.ConfigKey;
import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.config.ConfigurationReader;
import io.jrun.runtime.config.Setting;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.FileStatus;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.HostReader;
import io.jrun.runtime.plan.PlanHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The directory of a node in which copies of image files lie. A copy's name is made of its source's path, size and time of
 * modification, so a source that is written anew has no copy until the next {@code jrun bcast}.
 */
public final class LocalImages {

    private static final String SUFFIX = ".sqsh";
    private static final int WRITABLE_BY_OTHERS = 022;

    private final ByteString directory;

    private LocalImages(ByteString directory) {
        this.directory = directory;
    }

    /** @throws UsageException when what is configured is no absolute path */
    public static LocalImages of(Configuration configuration, long uid) throws UsageException {
        Optional<Setting> setting = configuration.value(ConfigKey.LOCAL_IMAGES);
        if (setting.isEmpty() || setting.get().value().isEmpty()) {
            return new LocalImages(ByteString.of("/tmp/jrun-" + uid + "/images"));
        }
        String value = setting.get().value();
        if (!value.startsWith("/")) {
            throw new UsageException(Failure.of(
                            "keep image files in \"" + value + "\"",
                            "it is not absolute (" + setting.get().origin() + ")")
                    .hint("name a directory that each node has of its own, such as /local"));
        }
        return new LocalImages(ByteString.of(value));
    }

    /** As the caller of this process configured it. */
    public static LocalImages ofCaller(HostFiles files) throws IOException {
        int uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        return of(ConfigurationReader.read(files, new HostReader(files).environment()), Integer.toUnsignedLong(uid));
    }

    public ByteString directory() {
        return directory;
    }

    /**
     * Where the copy of a file would lie.
     *
     * @param source absolute, links resolved, since all nodes must find the same name
     */
    public ByteString placeOf(ByteString source, FileStatus status) {
        String key = PlanHash.of(List.of(
                source,
                ByteString.of(Long.toString(status.sizeInBytes())),
                ByteString.of(status.mtimeSeconds() + "." + status.mtimeNanos())));
        return directory.plus(ByteString.of("/" + key + SUFFIX));
    }

    /** Whether a copy may be used: complete, the caller's own or root's, and closed to the writing of others. */
    public static boolean isUsable(ByteString copy, FileStatus source, HostFiles files) {
        FileStatus found = files.lstat(copy);
        return found.kind() == FileKind.REGULAR
                && found.sizeInBytes() == source.sizeInBytes()
                && (found.mode() & WRITABLE_BY_OTHERS) == 0
                && isTrusted(Path.of(copy.toString()))
                && isTrusted(Path.of(copy.toString()).getParent());
    }

    private static boolean isTrusted(Path path) {
        try {
            Object owner = Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
            return owner.equals(0) || owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException goneOrHidden) {
            return false;
        }
    }
}
