package io.jrun.image.source.member;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Members of an archive by name. As in an extraction, of several with one name the last counts. Names are kept as the
 * bytes they are, one character each.
 */
final class MemberIndex {

    /** Archives of images have a few members per layer; a root filesystem taken for one would have millions. */
    private static final int MAX_MEMBERS = 200_000;

    /** An archive of Docker before 1.10 repeats a layer by one link; nobody is known to chain them. */
    private static final int MAX_LINKS = 16;

    private sealed interface Entry {}

    private record File(Member member) implements Entry {}

    /** @param target relative to the directory the link stands in */
    private record Link(String target) implements Entry {}

    private final Map<String, Entry> entries = new HashMap<>();
    private final String archive;

    /** @param archive names it in messages */
    MemberIndex(String archive) {
        this.archive = archive;
    }

    void putFile(String name, Member member) throws CorruptDataException {
        put(name, new File(member));
    }

    /** @param target as a symbolic link has it */
    void putSymbolicLink(String name, String target) throws CorruptDataException {
        put(name, new Link(target));
    }

    /** @param target from the top of the archive */
    void putHardLink(String name, String target) throws CorruptDataException {
        Optional<String> normal = normalized(target);
        if (normal.isPresent()) {
            put(name, new Link("/" + normal.get()));
        }
    }

    /** Members whose names lead outside can never be asked for, so they are left out. */
    private void put(String name, Entry entry) throws CorruptDataException {
        Optional<String> normal = normalized(name);
        if (normal.isPresent()) {
            entries.put(normal.get(), entry);
        }
        if (entries.size() > MAX_MEMBERS) {
            throw new CorruptDataException(Failure.of("read " + archive, "it has more than " + MAX_MEMBERS + " members")
                    .hint("a tar file of a root filesystem is imported as tar:FILE"));
        }
    }

    /** @param name in Unicode, as JSON documents have it */
    Optional<Member> find(String name) throws CorruptDataException {
        Optional<String> at = normalized(bytesOf(name));
        for (int followed = 0; at.isPresent(); followed++) {
            Entry entry = entries.get(at.get());
            if (entry == null) {
                return Optional.empty();
            } else if (entry instanceof File file) {
                return Optional.of(file.member);
            } else if (followed == MAX_LINKS) {
                throw new CorruptDataException(Failure.of(
                        "read " + name + " of " + archive, "its links lead in a circle, or too far (ELOOP)"));
            }
            at = target(name, at.get(), ((Link) entry).target);
        }
        return Optional.empty();
    }

    private Optional<String> target(String name, String link, String target) throws CorruptDataException {
        String from = target.startsWith("/") ? "" : link.substring(0, link.lastIndexOf('/') + 1);
        Deque<String> components = new ArrayDeque<>();
        for (String component : (from + target).split("/", -1)) {
            if (component.equals("..") && components.pollLast() == null) {
                throw new CorruptDataException(
                        Failure.of("read " + name + " of " + archive, "its link leads out of the archive"));
            } else if (!component.isEmpty() && !component.equals(".") && !component.equals("..")) {
                components.addLast(component);
            }
        }
        return components.isEmpty() ? Optional.empty() : Optional.of(String.join("/", components));
    }

    private static String bytesOf(String name) {
        return new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** Without empty components and {@code .}; empty for names that are absolute, lead upwards, or name the top. */
    static Optional<String> normalized(String name) {
        if (name.startsWith("/") || name.indexOf('\0') >= 0) {
            return Optional.empty();
        }
        Deque<String> components = new ArrayDeque<>();
        for (String component : name.split("/", -1)) {
            if (component.equals("..")) {
                return Optional.empty();
            } else if (!component.isEmpty() && !component.equals(".")) {
                components.addLast(component);
            }
        }
        return components.isEmpty() ? Optional.empty() : Optional.of(String.join("/", components));
    }
}
