package io.jrun.runtime.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.RootfsResolver.Resolved;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RootfsResolverTest {

    private final InMemoryFiles files = new InMemoryFiles().directory("/c/rootfs/etc");

    private Resolved resolve(String path) throws UsageException {
        return RootfsResolver.resolve(PathView.of(ByteString.of("/c/rootfs"), files), ByteString.of(path));
    }

    private static Resolved at(String path, FileKind kind) {
        return new Resolved(ByteString.of(path), kind, Optional.empty(), false);
    }

    @Test
    void plainPathsAreThemselves() throws Exception {
        files.file("/c/rootfs/etc/hosts", "");

        assertEquals(at("/etc/hosts", FileKind.REGULAR), resolve("/etc/./hosts"));
        assertEquals(at("/etc", FileKind.DIRECTORY), resolve("//etc/"));
        assertEquals(at("/", FileKind.DIRECTORY), resolve("/"));
    }

    @Test
    void parentsNeverLeadAboveTheRoot() throws Exception {
        files.file("/c/secret", "").link("/c/rootfs/up", "../../../../secret");

        assertEquals(FileKind.MISSING, resolve("/up").kind());
        assertEquals(ByteString.of("/secret"), resolve("/up").path());
        assertEquals(at("/etc", FileKind.DIRECTORY), resolve("/../../etc"));
    }

    @Test
    void absoluteLinksStartAtTheContainersRoot() throws Exception {
        files.directory("/data").link("/c/rootfs/link", "/data").directory("/c/rootfs/data/sub");

        assertEquals(ByteString.of("/data/sub"), resolve("/link/sub").path());
        assertEquals(FileKind.DIRECTORY, resolve("/link/sub").kind());
    }

    @Test
    void relativeLinksStartWhereTheyLie() throws Exception {
        files.link("/c/rootfs/var/run", "../run").directory("/c/rootfs/run/lock");

        assertEquals(at("/run/lock", FileKind.DIRECTORY), resolve("/var/run/lock"));
    }

    @Test
    void onlyALinkAtTheEndIsReportedAsOne() throws Exception {
        files.link("/c/rootfs/etc/localtime", "/usr/share/zoneinfo/UTC").link("/c/rootfs/conf", "etc");

        assertTrue(resolve("/etc/localtime").throughLink());
        assertFalse(resolve("/conf/hosts").throughLink());
    }

    @Test
    void linksInACircleAreRefused() {
        files.link("/c/rootfs/a", "b").link("/c/rootfs/b", "/a");

        UsageException e = assertThrows(UsageException.class, () -> resolve("/a/x"));

        assertTrue(e.getMessage().contains("ELOOP"), e.getMessage());
    }

    @Test
    void aFileInTheWayIsNamed() throws Exception {
        files.file("/c/rootfs/etc/hosts", "");

        Resolved found = resolve("/etc/hosts/sub/deep");

        assertEquals(Optional.of(ByteString.of("/etc/hosts")), found.obstacle());
    }

    @Test
    void behindTheFirstMissingComponentThePathStaysAsGiven() throws Exception {
        assertEquals(at("/data/in/put", FileKind.MISSING), resolve("/data/in/put"));
    }
}
