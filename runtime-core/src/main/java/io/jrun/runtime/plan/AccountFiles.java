package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.ColonLine;
import io.jrun.runtime.host.GroupEntry;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.PasswdEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The accounts files that a payload sees: the image's, in which the caller's own entries replace those of the same name
 * or id. Source: passwd(5), group(5).
 */
final class AccountFiles {

    /** What the kernel shows for every id that the user namespace does not map: /proc/sys/kernel/overflowuid. */
    private static final long OVERFLOW_ID = 65534;

    private static final ByteString NOBODY = ByteString.of("nobody:x:65534:65534:nobody:/:/sbin/nologin");
    private static final ByteString NOGROUP = ByteString.of("nogroup:x:65534:");
    private static final ByteString ROOT = ByteString.of("root:x:0:0:root:/root:/bin/sh");
    private static final ByteString ROOT_GROUP = ByteString.of("root:x:0:");

    /** Source: useradd(8). */
    private static final int MAX_NAME = 32;

    private AccountFiles() {}

    /** The caller as the payload is to see him, with $USER or a made-up name when no source of accounts knows his uid. */
    static PasswdEntry caller(HostFacts host, ByteString home, ByteString shell) {
        if (host.account().isEmpty()) {
            ByteString name = namedByEnvironment(host).orElse(ByteString.of("user" + host.uid()));
            return new PasswdEntry(name, host.uid(), host.gid(), ByteString.of(""), home, shell);
        }
        PasswdEntry account = host.account().get();
        return new PasswdEntry(account.name(), host.uid(), host.gid(), account.comment(), home, shell);
    }

    /** Where a directory service does not answer, USER tells who logged in; only what is a name, and not root's. */
    private static Optional<ByteString> namedByEnvironment(HostFacts host) {
        Optional<ByteString> user = host.variable("USER");
        if (user.isEmpty() || user.get().length() > MAX_NAME || user.get().equals(ByteString.of("root"))) {
            return Optional.empty();
        }
        for (int i = 0; i < user.get().length(); i++) {
            byte b = user.get().byteAt(i);
            boolean letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b == '_';
            if (!letter && (i == 0 || !((b >= '0' && b <= '9') || b == '-' || b == '.'))) {
                return Optional.empty();
            }
        }
        return user.get().isEmpty() ? Optional.empty() : user;
    }

    static ByteString passwd(Optional<byte[]> image, PasswdEntry caller) {
        List<ByteString> lines = new ArrayList<>();
        boolean overflow = caller.uid() == OVERFLOW_ID;
        if (image.isPresent()) {
            for (ByteString line : ColonLine.lines(image.get())) {
                Optional<PasswdEntry> entry = PasswdEntry.parse(line);
                boolean replaced = entry.isPresent()
                        && (entry.get().uid() == caller.uid()
                                || entry.get().name().equals(caller.name()));
                if (!replaced) {
                    lines.add(line);
                    overflow |= entry.isPresent() && entry.get().uid() == OVERFLOW_ID;
                }
            }
        }
        lines.add(caller.toLine());
        if (!overflow) {
            lines.add(NOBODY);
        }
        return join(lines);
    }

    static ByteString group(Optional<byte[]> image, HostFacts host, ByteString caller) {
        List<GroupEntry> own = ownGroups(host);
        List<ByteString> lines = new ArrayList<>();
        boolean overflow = false;
        if (image.isPresent()) {
            for (ByteString line : ColonLine.lines(image.get())) {
                Optional<GroupEntry> entry = GroupEntry.parse(line);
                if (entry.isEmpty() || !clashes(entry.get(), own)) {
                    lines.add(line);
                    overflow |= entry.isPresent() && entry.get().gid() == OVERFLOW_ID;
                }
            }
        }
        for (GroupEntry group : own) {
            boolean primary = group.gid() == host.gid();
            lines.add(group.name()
                    .plus(ByteString.of(":x:" + group.gid() + ":"))
                    .plus(primary ? ByteString.of("") : caller));
            overflow |= group.gid() == OVERFLOW_ID;
        }
        if (!overflow) {
            lines.add(NOGROUP);
        }
        return join(lines);
    }

    private static List<GroupEntry> ownGroups(HostFacts host) {
        List<GroupEntry> own = new ArrayList<>(host.groupEntries());
        boolean named = false;
        for (GroupEntry group : own) {
            named |= group.gid() == host.gid();
        }
        if (!named) {
            own.add(0, new GroupEntry(ByteString.of("group" + host.gid()), host.gid()));
        }
        return own;
    }

    private static boolean clashes(GroupEntry entry, List<GroupEntry> own) {
        for (GroupEntry group : own) {
            if (group.gid() == entry.gid() || group.name().equals(entry.name())) {
                return true;
            }
        }
        return false;
    }

    /** The image's accounts with root in front; empty when it names root itself. */
    static Optional<ByteString> passwdWithRoot(Optional<byte[]> image) {
        if (image.isPresent() && PasswdEntry.find(image.get(), 0).isPresent()) {
            return Optional.empty();
        }
        return Optional.of(withFirst(ROOT, image));
    }

    /** The image's groups with root in front; empty when it names group 0 itself. */
    static Optional<ByteString> groupWithRoot(Optional<byte[]> image) {
        if (image.isPresent()) {
            for (ByteString line : ColonLine.lines(image.get())) {
                Optional<GroupEntry> entry = GroupEntry.parse(line);
                if (entry.isPresent() && entry.get().gid() == 0) {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(withFirst(ROOT_GROUP, image));
    }

    private static ByteString withFirst(ByteString first, Optional<byte[]> image) {
        List<ByteString> lines = new ArrayList<>();
        lines.add(first);
        if (image.isPresent()) {
            lines.addAll(ColonLine.lines(image.get()));
        }
        return join(lines);
    }

    private static ByteString join(List<ByteString> lines) {
        int length = 0;
        for (ByteString line : lines) {
            length += line.length() + 1;
        }
        byte[] content = new byte[length];
        int at = 0;
        for (ByteString line : lines) {
            byte[] bytes = line.toBytes();
            System.arraycopy(bytes, 0, content, at, bytes.length);
            at += bytes.length;
            content[at++] = '\n';
        }
        return ByteString.of(content);
    }
}
