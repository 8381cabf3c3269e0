package io.jrun.runtime.loader;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** A file that makes an image's dynamic linker find more libraries, to be bound over the image's own. */
public final class LoaderFile {

    /** Source: musl, ldso/dynlink.c. */
    private static final String MUSL_DEFAULT = "/lib:/usr/local/lib:/usr/lib";

    private final String path;
    private final byte[] content;

    private LoaderFile(String path, byte[] content) {
        this.path = path;
        this.content = content.clone();
    }

    /**
     * @return empty where there is nothing to be found, or no dynamic linker
     */
    public static Optional<LoaderFile> of(ImageLibraries image, List<InjectedLibrary> libraries) {
        if (libraries.isEmpty()) {
            return Optional.empty();
        }
        return switch (image.libc()) {
            case GLIBC -> Optional.of(new LoaderFile(ImageLibraries.CACHE, cache(image, libraries)));
            case MUSL ->
                image.muslArchitecture()
                        .map(architecture -> new LoaderFile(
                                "/etc/ld-musl-" + architecture + ".path", muslPath(image, architecture, libraries)));
            case NONE -> Optional.empty();
        };
    }

    private static byte[] cache(ImageLibraries image, List<InjectedLibrary> libraries) {
        List<CacheEntry> entries = new ArrayList<>();
        for (InjectedLibrary library : libraries) {
            OptionalInt flags = CacheEntry.flagsOf(library.file());
            if (flags.isPresent()) {
                String directory = library.path().substring(0, library.path().lastIndexOf('/'));
                entries.add(CacheEntry.of(flags.getAsInt(), library.soname(), directory + "/" + library.soname()));
            }
        }
        return image.cache().preferring(entries).toBytes();
    }

    private static byte[] muslPath(ImageLibraries image, String architecture, List<InjectedLibrary> libraries) {
        Set<String> directories = new LinkedHashSet<>();
        String own =
                image.muslPath(architecture).filter(text -> !text.isBlank()).orElse(MUSL_DEFAULT);
        directories.addAll(List.of(own.strip().split("[:\n]+", -1)));
        libraries.forEach(
                each -> directories.add(each.path().substring(0, each.path().lastIndexOf('/'))));
        return (String.join("\n", directories) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Where it belongs in the container. */
    public String path() {
        return path;
    }

    /** The last part of its path. */
    public String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    public byte[] content() {
        return content.clone();
    }
}
