package io.jrun.runtime.plan;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.CheckLine;
import io.jrun.runtime.host.ColonLine;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.plan.PlanStep.IdRange;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.PlanStep.SubordinateIds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The ids that an administrator gave to the caller, laid out around his own: he keeps the id he appears as, and the
 * others fill the numbers from 0 on. Source: subuid(5), newuidmap(1).
 */
final class SubordinateRanges {

    static final String USERS = "/etc/subuid";
    static final String GROUPS = "/etc/subgid";

    private static final List<String> DIRECTORIES = List.of("/usr/bin/", "/bin/", "/usr/sbin/", "/usr/local/bin/");
    private static final int MAX_BYTES = 16 << 20;
    private static final int FIELDS = 3;

    private final HostFiles files;
    private final HostFacts host;

    SubordinateRanges(HostFiles files, HostFacts host) {
        this.files = files;
        this.host = host;
    }

    SubordinateIds around(Identity identity) throws JrunException {
        List<IdRange> users = layOut(identity.uid().orElse(host.uid()), host.uid(), ranges(USERS));
        List<IdRange> groups = layOut(identity.gid().orElse(host.gid()), host.gid(), ranges(GROUPS));
        return new SubordinateIds(program("newuidmap"), users, program("newgidmap"), groups);
    }

    /** What the caller has, in the order of the file; the inside is not known yet. */
    private List<IdRange> ranges(String file) throws JrunException {
        List<IdRange> ranges = new ArrayList<>();
        Optional<byte[]> content = files.read(ByteString.of(file), MAX_BYTES);
        List<ByteString> lines = content.isPresent() ? ColonLine.lines(content.get()) : List.of();
        for (ByteString line : lines) {
            List<ByteString> fields = ColonLine.fields(line);
            if (fields.size() == FIELDS && isCaller(fields.get(0))) {
                OptionalLong first = number(fields.get(1));
                OptionalLong count = number(fields.get(2));
                if (first.isPresent() && count.isPresent() && count.getAsLong() > 0) {
                    ranges.add(new IdRange(0, first.getAsLong(), count.getAsLong()));
                }
            }
        }
        if (ranges.isEmpty()) {
            throw new HostUnsupportedException(
                    Failure.of("map subordinate ids", file + " gives this user none (ENOENT)")
                            .hint(CheckLine.SUBORDINATE_IDS.behind(
                                    "ask an administrator for: usermod --add-subuids 100000-165535 --add-subgids"
                                            + " 100000-165535 " + name())));
        }
        return ranges;
    }

    private boolean isCaller(ByteString owner) {
        return owner.equals(ByteString.of(Long.toString(host.uid()))) || owner.equals(ByteString.of(name()));
    }

    private String name() {
        return host.account().isPresent() ? host.account().get().name().toString() : Long.toString(host.uid());
    }

    private static OptionalLong number(ByteString text) {
        try {
            long value = Long.parseLong(text.toString());
            return value >= 0 && value <= 0xffff_ffffL ? OptionalLong.of(value) : OptionalLong.empty();
        } catch (NumberFormatException none) {
            return OptionalLong.empty();
        }
    }

    /** In ascending order of the numbers inside. */
    static List<IdRange> layOut(long own, long outside, List<IdRange> given) {
        List<IdRange> all = new ArrayList<>();
        long next = 0;
        boolean placed = false;
        for (IdRange range : given) {
            long first = range.outside();
            long left = range.count();
            if (!placed && own >= next && own < next + left) {
                long before = own - next;
                if (before > 0) {
                    all.add(new IdRange(next, first, before));
                }
                all.add(new IdRange(own, outside, 1));
                placed = true;
                next = own + 1;
                first += before;
                left -= before;
            }
            all.add(new IdRange(next, first, left));
            next += left;
        }
        if (!placed) {
            all.add(new IdRange(own, outside, 1));
        }
        return all;
    }

    private ByteString program(String name) throws JrunException {
        for (String directory : DIRECTORIES) {
            ByteString path = ByteString.of(directory + name);
            if (files.stat(path).kind() == FileKind.REGULAR) {
                return path;
            }
        }
        throw new HostUnsupportedException(Failure.of("map subordinate ids", "this host has no " + name + " (ENOENT)")
                .hint(CheckLine.SUBORDINATE_IDS.behind(
                        "ask an administrator for the package uidmap (Debian) or shadow-utils (Red Hat, SUSE)")));
    }
}
