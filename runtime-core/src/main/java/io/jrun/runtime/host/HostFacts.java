package io.jrun.runtime.host;

import io.jrun.posix.ByteString;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who calls, from where, on which kernel.
 *
 * @param groups effective group first is not promised: the order is that of getgroups(2)
 * @param account the caller's line of the accounts database; empty where no source knows his uid
 * @param groupEntries those of {@code gid} and {@code groups} that have a name
 * @param environment in the order of environ(7); of a variable that is there twice the first, as getenv(3) finds it
 */
public record HostFacts(
        long uid,
        long gid,
        List<Long> groups,
        Optional<PasswdEntry> account,
        List<GroupEntry> groupEntries,
        ByteString kernelRelease,
        ByteString workingDirectory,
        Map<ByteString, ByteString> environment) {
    public HostFacts {
        groups = List.copyOf(groups);
        groupEntries = List.copyOf(groupEntries);
        environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
    }

    public Optional<ByteString> variable(String name) {
        return Optional.ofNullable(environment.get(ByteString.of(name)));
    }
}
