package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.plan.PlanStep.Identity;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who the payload finds itself to be. */
class OwnAccountsTest extends PlannedStarts {

    private String side(String name) throws JrunException {
        return plan().sideFiles().stream()
                .filter(file -> file.name().equals(name))
                .findFirst()
                .orElseThrow()
                .content()
                .toString();
    }

    @Test
    void theCallersEntryReplacesThoseOfHisIdAndName() throws Exception {
        assertEquals("""
            root:x:0:0:root:/root:/bin/bash
            ann:x:2000:2001:Ann:/:/bin/sh
            nobody:x:65534:65534:nobody:/:/sbin/nologin
            """, side("passwd"));
    }

    @Test
    void hisGroupsAreNamedAndHeIsAMember() throws Exception {
        assertEquals("""
            root:x:0:
            lab:x:2001:
            gpu:x:44:ann
            nogroup:x:65534:
            """, side("group"));
    }

    @Test
    void aCallerWithoutAnAccountGetsAName() throws Exception {
        account = Optional.empty();

        assertTrue(side("passwd").contains("user2000:x:2000:2001::/:/bin/sh\n"), side("passwd"));
        assertEquals("user2000", payloadVariables().get("USER"));
    }

    @Test
    void hisShellIsKeptWhereTheContainerHasIt() throws Exception {
        files.file(ROOTFS + "/bin/tcsh", "");

        assertTrue(side("passwd").contains("Ann:/:/bin/tcsh\n"), side("passwd"));
    }

    @Test
    void rootNeedsNoFilesWhenTheImageKnowsHim() throws Exception {
        identity = Identity.ROOT;

        assertEquals(List.of(), plan().sideFiles());
        assertEquals(Optional.empty(), plan().sideDirectory());
    }

    @Test
    void aptIsToldToStayRootWhereItCanInstall() throws Exception {
        identity = Identity.ROOT;
        files.directory(ROOTFS + "/etc/apt/apt.conf.d");
        assertEquals(List.of(), plan().sideFiles());

        access = new StartOptions.RootAccess.Overlay(ByteString.of(""));
        assertTrue(side("zz-jrun").contains("Sandbox::User \"root\""), side("zz-jrun"));

        identity = Identity.SELF;
        assertTrue(plan().sideFiles().stream().noneMatch(file -> file.name().equals("zz-jrun")));
    }

    @Test
    void rootIsAddedToAnImageWithoutAccounts() throws Exception {
        identity = Identity.ROOT;
        files.of(ROOTFS + "/etc/passwd", FileKind.MISSING);

        assertEquals("root:x:0:0:root:/root:/bin/sh\n", side("passwd"));
    }
}
