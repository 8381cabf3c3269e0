package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.Restriction;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MountRequestTest {

    private static MountRequest parse(String text) throws UsageException {
        return MountRequest.parse(ByteString.of(text), ByteString.of("/home/ann"));
    }

    private static MountRequest.Bind bind(
            String text, String source, String target, boolean recursive, Restriction... restrictions) {
        return new MountRequest.Bind(
                ByteString.of(source),
                !text.startsWith("/"),
                ByteString.of(target),
                recursive,
                false,
                Set.of(restrictions),
                "option -v " + text);
    }

    @Test
    void sourceAloneKeepsItsPlace() throws Exception {
        assertEquals(bind("/data", "/data", "/data", true), parse("/data"));
        assertEquals(bind("in", "/home/ann/in", "/home/ann/in", true), parse("in"));
    }

    @Test
    void optionsRestrict() throws Exception {
        String text = "/a:/b:ro,nosuid,nodev,noexec,bind";

        assertEquals(
                bind(
                        text,
                        "/a",
                        "/b",
                        false,
                        Restriction.READ_ONLY,
                        Restriction.NO_SUID,
                        Restriction.NO_DEVICES,
                        Restriction.NO_EXEC),
                parse(text));
        assertEquals(bind("/a:/b:ro,rw", "/a", "/b", true), parse("/a:/b:ro,rw"));
    }

    @Test
    void habitsOfEnrootAndDockerAreUnderstood() throws Exception {
        for (String text : List.of(
                "/a:/b:none:rbind,rw,x-create=dir", "/a:/b:x-create=auto,rslave", "/a:/b:z", "/a:/b:rprivate")) {
            assertEquals(bind(text, "/a", "/b", true), parse(text));
        }
    }

    @Test
    void tmpfsTakesSizeAndMode() throws Exception {
        assertEquals(
                new MountRequest.Tmpfs(
                        ByteString.of("/s"),
                        OptionalLong.of(2L << 30),
                        0700,
                        "option -v tmpfs:/s:tmpfs:size=2G,mode=700"),
                parse("tmpfs:/s:tmpfs:size=2G,mode=700"));
        assertEquals(
                new MountRequest.Tmpfs(ByteString.of("/s"), OptionalLong.empty(), 01777, "option -v x:/s:tmpfs"),
                parse("x:/s:tmpfs"));
    }

    @Test
    void whatCannotBeMeantIsRefusedWithTheUsersOwnWords() {
        for (String text : List.of(
                "",
                ":/b",
                "/a:",
                "/a:b",
                "/a:/b/../c",
                "/a:/",
                "/a:/b:wrong",
                "/a:/b:shared",
                "/a:/b:ext4:ro",
                "/a:/b:none:ro:x",
                "x:/b:tmpfs:size=",
                "x:/b:tmpfs:size=-1",
                "x:/b:tmpfs:size=9999999999999g",
                "x:/b:tmpfs:mode=99",
                "../x")) {
            UsageException e = assertThrows(UsageException.class, () -> parse(text), text);
            assertTrue(e.getMessage().startsWith("cannot mount " + text + ": "), e.getMessage());
        }
    }

    @Test
    void namesThatAreNoTextKeepTheirBytes() throws Exception {
        ByteString odd = ByteString.of("/").plus(ByteString.of(new byte[] {(byte) 0xfc}));

        MountRequest request = MountRequest.parse(odd.plus(ByteString.of(":/b")), ByteString.of("/"));

        assertEquals(odd, ((MountRequest.Bind) request).source());
    }
}
