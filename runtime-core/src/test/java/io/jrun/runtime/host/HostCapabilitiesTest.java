package io.jrun.runtime.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.HostUnsupportedException;
import io.jrun.posix.ByteString;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HostCapabilitiesTest {

    private final InMemoryFiles files =
            new InMemoryFiles().file("/proc/self/ns/user", "").file("/proc/sys/user/max_user_namespaces", "63000\n");

    private static HostFacts caller(long uid, String release) {
        return new HostFacts(
                uid, uid, List.of(), Optional.empty(), List.of(), ByteString.of(release), ByteString.of("/"), Map.of());
    }

    private String refusal(long uid) throws Exception {
        HostCapabilities capabilities = HostCapabilities.read(files, caller(uid, "6.1.0"));
        return assertThrows(HostUnsupportedException.class, capabilities::requireUserNamespace)
                .getMessage();
    }

    @Test
    void anOrdinaryHostAllowsAll() throws Exception {
        HostCapabilities capabilities = HostCapabilities.read(files, caller(1000, "6.1.0-13-amd64"));

        assertEquals(new HostCapabilities(Optional.empty(), Optional.empty()), capabilities);
    }

    @Test
    void aLimitOfNoneRefusesEvenRootAndNamesTheSysctl() throws Exception {
        files.file("/proc/sys/user/max_user_namespaces", "0\n");

        assertTrue(refusal(0).contains("sysctl -w user.max_user_namespaces="), refusal(0));
    }

    @Test
    void theSwitchOfDebianConcernsOnlyUnprivilegedUsers() throws Exception {
        files.file("/proc/sys/kernel/unprivileged_userns_clone", "0\n");

        assertTrue(refusal(1000).contains("kernel.unprivileged_userns_clone=1"), refusal(1000));
        assertTrue(HostCapabilities.read(files, caller(0, "6.1.0"))
                .noUserNamespace()
                .isEmpty());
    }

    @Test
    void withoutUserNamespacesTheKernelIsNamed() throws Exception {
        InMemoryFiles none = new InMemoryFiles();

        assertTrue(HostCapabilities.read(none, caller(1000, "6.1.0"))
                .noUserNamespace()
                .orElseThrow()
                .message()
                .contains("CONFIG_USER_NS"));
    }

    @Test
    void overlayNeedsLinux511() throws Exception {
        assertTrue(HostCapabilities.read(files, caller(1, "5.10.0-28-amd64"))
                .noOverlay()
                .isPresent());
        assertTrue(HostCapabilities.read(files, caller(1, "5.11.0")).noOverlay().isEmpty());
        assertTrue(
                HostCapabilities.read(files, caller(1, "5.9-rc1")).noOverlay().isPresent());
        assertTrue(HostCapabilities.read(files, caller(1, "6.0")).noOverlay().isEmpty());
    }
}
