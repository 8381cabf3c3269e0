package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.OverlayUpper;
import io.jrun.runtime.plan.PlanStep.Propagation;
import io.jrun.runtime.plan.PlanStep.Restriction;
import java.util.List;
import java.util.Optional;
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
                propagation(text),
                text.contains("x-create=dir") ? MountRequest.Create.DIRECTORY : MountRequest.Create.AS_SOURCE,
                "option -v " + text);
    }

    private static Optional<Propagation> propagation(String text) {
        if (text.endsWith("rslave")) {
            return Optional.of(new Propagation(Propagation.Kind.SLAVE, true));
        }
        return text.endsWith("rprivate")
                ? Optional.of(new Propagation(Propagation.Kind.PRIVATE, true))
                : Optional.empty();
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
    void wordsOfFstabThatNoUserCanChangeAreLeftToTheMountThatIsShown() throws Exception {
        for (String text : List.of(
                "/a /b none rbind,noatime,nodiratime,_netdev",
                "/a /b none relatime,sync,x-systemd.automount",
                "/a /b none auto,users,comment=site")) {
            assertEquals(Set.of(), ((MountRequest.Bind) parse(text)).restrictions(), text);
        }
    }

    @Test
    void linksCanBeLeftUnfollowed() throws Exception {
        assertEquals(
                Set.of(Restriction.NO_SYMBOLIC_LINKS), ((MountRequest.Bind) parse("/a:/b:nosymfollow")).restrictions());
        assertEquals(Set.of(), ((MountRequest.Bind) parse("/a:/b:nosymfollow,symfollow")).restrictions());
    }

    @Test
    void tmpfsTakesSizeAndMode() throws Exception {
        assertEquals(
                new MountRequest.Tmpfs(
                        ByteString.of("/s"),
                        OptionalLong.of(2L << 30),
                        0700,
                        Set.of(),
                        false,
                        "option -v tmpfs:/s:tmpfs:size=2G,mode=700"),
                parse("tmpfs:/s:tmpfs:size=2G,mode=700"));
        assertEquals(
                new MountRequest.Tmpfs(
                        ByteString.of("/s"), OptionalLong.empty(), 01777, Set.of(), false, "option -v x:/s:tmpfs"),
                parse("x:/s:tmpfs"));
    }

    @Test
    void formsWithKeysAndWithFieldsMeanTheSame() throws Exception {
        for (String text : List.of("type=bind,src=/a,dst=/b,ro", "src=/a,target=/b,readonly", "/a /b none ro 0 0")) {
            MountRequest.Bind parsed = (MountRequest.Bind) parse(text);

            assertEquals(ByteString.of("/a"), parsed.source(), text);
            assertEquals(ByteString.of("/b"), parsed.target(), text);
            assertEquals(Set.of(Restriction.READ_ONLY), parsed.restrictions(), text);
        }
    }

    @Test
    void spacesInAFieldAreOctal() throws Exception {
        assertEquals(ByteString.of("/my data"), ((MountRequest.Bind) parse("/my\\040data /b")).source());
    }

    @Test
    void eachPropagationIsKept() throws Exception {
        for (Propagation.Kind kind : Propagation.Kind.values()) {
            String word = kind.name().toLowerCase(java.util.Locale.ROOT);
            assertEquals(
                    Optional.of(new Propagation(kind, false)),
                    ((MountRequest.Bind) parse("/a:/b:" + word)).propagation());
            assertEquals(
                    Optional.of(new Propagation(kind, true)),
                    ((MountRequest.Bind) parse("/a:/b:r" + word)).propagation());
        }
    }

    @Test
    void overlaysOfOneDirectoryAreWritableAndOfTwoAreNot() throws Exception {
        MountRequest.Overlay one = (MountRequest.Overlay) parse("type=overlay,src=/a,dst=/b,size=1m");
        MountRequest.Overlay two = (MountRequest.Overlay) parse("overlay:/b:overlay:lowerdir=/a:/c");
        MountRequest.Overlay kept = (MountRequest.Overlay) parse("type=overlay,src=/a,dst=/b,upper=/u");

        assertEquals(Optional.of(new OverlayUpper.Memory(OptionalLong.of(1 << 20))), one.upper());
        assertEquals(List.of(ByteString.of("/a"), ByteString.of("/c")), two.lower());
        assertEquals(Optional.empty(), two.upper());
        assertEquals(Optional.of(new OverlayUpper.Directory(ByteString.of("/u"))), kept.upper());
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
                "/a:/b:noauto",
                "/a:/b:x-move",
                "type=bind,src=/a",
                "type=bind,dst=/b",
                "type=ext4,src=/a,dst=/b",
                "type=squashfs,dst=/b",
                "type=squashfs,src=/a.sqsh,dst=/b,size=1g",
                "type=overlay,dst=/b",
                "type=overlay,src=/a,dst=/b,upper=relative",
                "type=bind,src=/a,dst=/b,size=3",
                "/a /b ext4 ro",
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
