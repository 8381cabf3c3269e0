package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.ColonLine;
import io.jrun.runtime.host.GroupEntry;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.PasswdEntry;
import io.jrun.runtime.plan.PlanStep.Identity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Who the caller is inside, as facts: the host's where he stays himself, else the image's account of that number. */
final class InsideIdentity {

    private InsideIdentity() {}

    static HostFacts of(HostFacts host, Identity identity, Optional<byte[]> passwd, Optional<byte[]> group) {
        if (identity.isSelf()) {
            return host;
        }
        long uid = identity.uid().orElse(host.uid());
        long gid = identity.gid().orElse(host.gid());
        Optional<PasswdEntry> account = host.account();
        if (identity.uid().isPresent()) {
            account = passwd.isPresent() ? PasswdEntry.find(passwd.get(), uid) : Optional.empty();
        }
        return new HostFacts(
                uid,
                gid,
                host.groups(),
                account,
                groups(host, identity, gid, group),
                host.kernelRelease(),
                host.workingDirectory(),
                host.environment());
    }

    /** His own groups but for the effective one, which the image may know by the number that it has inside. */
    private static List<GroupEntry> groups(HostFacts host, Identity identity, long gid, Optional<byte[]> group) {
        if (identity.gid().isEmpty()) {
            return host.groupEntries();
        }
        List<GroupEntry> groups = new ArrayList<>();
        if (group.isPresent()) {
            for (ByteString line : ColonLine.lines(group.get())) {
                Optional<GroupEntry> entry = GroupEntry.parse(line);
                if (groups.isEmpty() && entry.isPresent() && entry.get().gid() == gid) {
                    groups.add(entry.get());
                }
            }
        }
        for (GroupEntry own : host.groupEntries()) {
            if (own.gid() != host.gid() && own.gid() != gid) {
                groups.add(own);
            }
        }
        return groups;
    }
}
