package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Hosts that forbid one kind of namespace; each user namespace has those sysctls of its own, so no host is changed. */
@NeedsUserns
class NamespaceLimitsTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());

    @BeforeAll
    static void create() {
        JRUN.create(REGISTRY.reference(), "box");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    /** The start behind a script of the root of a user namespace. */
    private static Command.Result startWhere(String script, String... words) {
        return JRUN.command(words)
                .behind("unshare", "--user", "--map-root-user", "--", "sh", "-c", script, "sh")
                .run();
    }

    private static String forbid(String kind) {
        return "echo 0 >/proc/sys/user/max_" + kind + "_namespaces && ";
    }

    @ParameterizedTest
    @CsvSource({"pid,--pid", "ipc,--ipc", "uts,--uts=node", "net,--net", "cgroup,--cgroupns"})
    void refusedOptionIsBlamedOnTheSysctlOfItsNamespace(String kind, String option) {
        Command.Result with = startWhere(forbid(kind) + "exec \"$@\"", "start", option, "box", "true");
        Command.Result without = startWhere(forbid(kind) + "exec \"$@\"", "start", "box", "true");

        assertAll(
                () -> assertEquals(125, with.status(), with::toString),
                () -> assertTrue(with.talk().contains("user.max_" + kind + "_namespaces"), with::toString),
                () -> assertTrue(with.talk().contains("jrun check otherNamespaces"), with::toString),
                () -> assertEquals(0, without.status(), without::toString));
    }

    @Test
    void imageStartBlamesNoUserNamespaceOnceItHasOne() {
        Command.Result result = startWhere(
                forbid("net") + "exec \"$@\"",
                "start",
                "--net",
                JRUN.file("box.sqsh").toString(),
                "true");

        assertAll(
                () -> assertEquals(125, result.status(), result::toString),
                () -> assertTrue(result.talk().contains("user.max_net_namespaces"), result::toString),
                () -> assertFalse(result.talk().contains("max_user_namespaces"), result::toString));
    }

    @ParameterizedTest
    @CsvSource({"user", "mnt"})
    void namespacesOfEveryStartAreBlamedOnTheirSysctlColdAndWarm(String kind) {
        Command.Result cold = startWhere(forbid(kind) + "exec \"$@\"", "start", "box", "true", kind + " cold");
        Command.Result warm = startWhere("\"$@\" && " + forbid(kind) + "exec \"$@\"", "start", "box", "true", "warm");

        for (Command.Result result : new Command.Result[] {cold, warm}) {
            assertAll(
                    () -> assertEquals(125, result.status(), result::toString),
                    () -> assertTrue(result.talk().contains("user.max_" + kind + "_namespaces"), result::toString));
        }
    }
}
