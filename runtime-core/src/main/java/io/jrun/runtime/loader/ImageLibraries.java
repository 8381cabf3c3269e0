package io.jrun.runtime.loader;

import io.jrun.error.CorruptDataException;
import io.jrun.runtime.elf.ElfFile;
import io.jrun.runtime.elf.ElfReader;
import io.jrun.runtime.host.RootedTree;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** What the dynamic linker of an image finds, by the image's own cache and the directories it always looks into. */
public final class ImageLibraries {

    public static final String CACHE = "/etc/ld.so.cache";

    /** Both layouts and 32-bit; a library of another machine is passed over. Source: ld.so(8), Debian multiarch. */
    private static final List<String> STANDARD_DIRECTORIES = List.of(
            "/lib/x86_64-linux-gnu",
            "/usr/lib/x86_64-linux-gnu",
            "/lib/aarch64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu",
            "/lib64",
            "/usr/lib64",
            "/lib/i386-linux-gnu",
            "/usr/lib/i386-linux-gnu",
            "/lib",
            "/usr/lib",
            "/usr/lib32");

    private final RootedTree image;
    private final LoaderCache cache;
    private final Optional<String> damage;
    private final Map<String, Optional<ElfFile>> read = new LinkedHashMap<>();

    private ImageLibraries(RootedTree image, LoaderCache cache, Optional<String> damage) {
        this.image = image;
        this.cache = cache;
        this.damage = damage;
    }

    public static ImageLibraries of(RootedTree image) {
        Optional<byte[]> content = image.readIfAllowed(CACHE, LoaderCache.MAX_BYTES);
        if (content.isEmpty() || content.get().length == 0) {
            return new ImageLibraries(image, new LoaderCache(List.of()), Optional.empty());
        }
        try {
            return new ImageLibraries(image, LoaderCache.parse(content.get(), CACHE), Optional.empty());
        } catch (CorruptDataException damaged) {
            return new ImageLibraries(image, new LoaderCache(List.of()), Optional.of(damaged.getMessage()));
        }
    }

    /** The image's own; empty where it has none or it is damaged. */
    public LoaderCache cache() {
        return cache;
    }

    /** Why the image's cache was not used, where it has one. */
    public Optional<String> damage() {
        return damage;
    }

    public Libc libc() {
        for (String directory : List.of("/lib64", "/lib", "/usr/lib64", "/usr/lib")) {
            if (image.list(directory).stream().anyMatch(name -> name.startsWith("ld-linux"))) {
                return Libc.GLIBC;
            }
        }
        return muslArchitecture().isPresent() ? Libc.MUSL : Libc.NONE;
    }

    /** The ARCH of {@code /lib/ld-musl-ARCH.so.1}. */
    Optional<String> muslArchitecture() {
        return image.list("/lib").stream()
                .filter(name -> name.startsWith("ld-musl-") && name.endsWith(".so.1"))
                .map(name -> name.substring("ld-musl-".length(), name.length() - ".so.1".length()))
                .findFirst();
    }

    RootedTree tree() {
        return image;
    }

    /** The library that a program like {@code asking} gets for a soname. */
    Optional<ElfFile> find(String soname, ElfFile asking) {
        if (soname.isEmpty() || soname.indexOf('/') >= 0) {
            return Optional.empty();
        }
        Set<String> places = new LinkedHashSet<>();
        OptionalInt flags = CacheEntry.flagsOf(asking);
        if (flags.isPresent()) {
            cache.find(soname, flags.getAsInt()).ifPresent(entry -> places.add(entry.path()));
        }
        directories().forEach(directory -> places.add(directory + "/" + soname));
        return places.stream()
                .filter(place -> place.startsWith("/"))
                .map(this::read)
                .flatMap(Optional::stream)
                .filter(file -> file.machine() == asking.machine() && file.width() == asking.width())
                .findFirst();
    }

    private List<String> directories() {
        List<String> all = new ArrayList<>(STANDARD_DIRECTORIES);
        muslArchitecture().flatMap(this::muslPath).ifPresent(text -> all.addAll(List.of(text.split("[:\n]+", -1))));
        return all;
    }

    Optional<String> muslPath(String architecture) {
        return image.readIfAllowed("/etc/ld-musl-" + architecture + ".path", 1 << 20)
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8));
    }

    private Optional<ElfFile> read(String place) {
        return read.computeIfAbsent(place, path -> readLibrary(image, path));
    }

    /** Empty for what is no library, is damaged or may not be read. */
    public static Optional<ElfFile> readLibrary(RootedTree tree, String path) {
        if (tree.kind(path) != io.jrun.runtime.host.FileKind.REGULAR) {
            return Optional.empty();
        }
        try (SeekableByteChannel channel = tree.open(path)) {
            return ElfReader.read(channel, path);
        } catch (IOException unreadableOrDamaged) {
            return Optional.empty();
        }
    }
}
