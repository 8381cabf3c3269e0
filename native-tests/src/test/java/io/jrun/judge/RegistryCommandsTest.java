package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;

/** What jrun tells docker-registry and keeps for itself, as skopeo sees it. */
@NeedsRegistry
class RegistryCommandsTest {

    private static final String PASSWORD_LINE = Registry.PASSWORD + "\n";

    /** With a runtime directory: without one skopeo insists on /run/containers, which may be root's alone. */
    private static Command skopeo(Jrun jrun, String... arguments) {
        String[] words = new String[arguments.length + 1];
        words[0] = "skopeo";
        System.arraycopy(arguments, 0, words, 1, arguments.length);
        return Command.of(words)
                .as(jrun.account())
                .in(jrun.home())
                .with("HOME", jrun.home().toString())
                .with("XDG_RUNTIME_DIR", jrun.home().toString());
    }

    private static Jrun loggedIn() {
        Jrun jrun = Jrun.as(Account.USER);
        jrun.command(
                        "login",
                        "-u",
                        Registry.USER,
                        "--password-stdin",
                        Registry.withPassword().address())
                .reading(PASSWORD_LINE)
                .run()
                .orFail();
        return jrun;
    }

    private static String manifestDigest(Jrun jrun, String reference) {
        return skopeo(jrun, "inspect", "--tls-verify=false", "--format", "{{.Digest}}", reference)
                .run()
                .orFail()
                .text();
    }

    @Test
    void skopeoUsesTheAccountThatLoginKept() {
        String reference = Registry.withPassword().reference("small", "small");
        Jrun jrun = loggedIn();

        assertEquals(
                manifestDigest(jrun, reference),
                jrun.run("digest", reference).orFail().text());
        jrun.run("logout", Registry.withPassword().address()).orFail();
        assertEquals(4, jrun.run("digest", reference).status());
    }

    @Test
    void accountThatSkopeoKeptIsUsed() {
        String reference = Registry.withPassword().reference("small", "small");
        Jrun jrun = Jrun.as(Account.USER);
        Path file = jrun.file("skopeo.json");

        skopeo(
                        jrun,
                        "login",
                        "--tls-verify=false",
                        "--authfile",
                        file.toString(),
                        "-u",
                        Registry.USER,
                        "--password-stdin",
                        Registry.withPassword().address())
                .reading(PASSWORD_LINE)
                .run()
                .orFail();

        assertTrue(jrun.run("digest", "--authfile", file.toString(), reference)
                .orFail()
                .text()
                .startsWith("sha256:"));
    }

    @Test
    void wrongPasswordIsNotKept() {
        Jrun jrun = Jrun.as(Account.USER);

        Command.Result result = jrun.command(
                        "login",
                        "-u",
                        Registry.USER,
                        "--password-stdin",
                        Registry.withPassword().address())
                .reading("wrong\n")
                .run();

        assertEquals(4, result.status(), result.toString());
        assertTrue(Files.notExists(jrun.file(".config/containers/auth.json")));
    }

    @Test
    void layoutThatIsPushedIsTheSameImageForSkopeo() {
        Jrun jrun = Jrun.as(Account.ROOT);
        String target = Registry.open().address() + "/pushed/small:1";
        String original = manifestDigest(jrun, Registry.open().reference("small", "small"));

        String pushed = jrun.run("push", "-q", "oci:" + Images.layout("small"), target)
                .orFail()
                .text();

        assertEquals(original, pushed);
        assertEquals(original, manifestDigest(jrun, "docker://" + target));
        skopeo(jrun, "copy", "-q", "--src-tls-verify=false", "docker://" + target, "oci:" + jrun.file("copy"))
                .run()
                .orFail();
    }

    @Test
    void imageFileComesBackByteForByte() throws IOException {
        Jrun jrun = loggedIn();
        Path file = jrun.file("small.sqsh");
        String target = Registry.withPassword().address() + "/pushed/file:1";
        jrun.run("import", "-q", "-o", file.toString(), Registry.withPassword().reference("small", "small"))
                .orFail();

        String digest = jrun.run("push", "-q", "--as", "artifact", file.toString(), target)
                .orFail()
                .text();
        Path back = jrun.file("back.sqsh");
        jrun.run("import", "-q", "-o", back.toString(), target).orFail();

        assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(back));
        assertEquals(digest, manifestDigestOfArtifact(jrun, target));
        assertEquals(digest, jrun.run("digest", target).orFail().text());
    }

    /** skopeo looks into no artifact; it can copy one. */
    private static String manifestDigestOfArtifact(Jrun jrun, String target) throws IOException {
        Path copied = jrun.file("digest");
        skopeo(
                        jrun,
                        "copy",
                        "-q",
                        "--src-tls-verify=false",
                        "--digestfile",
                        copied.toString(),
                        "docker://" + target,
                        "oci:" + jrun.file("artifact") + ":1")
                .run()
                .orFail();
        return Files.readString(copied).strip();
    }

    @Test
    void mirrorOfRegistriesConfServesTheImage() throws IOException {
        Jrun jrun = Jrun.as(Account.USER);
        Registry.open().reference("small", "small");
        Path conf = Files.writeString(
                jrun.file("registries.conf"), """
                unqualified-search-registries = ["nowhere.invalid"]
                [[registry]]
                location = "nowhere.invalid"
                [[registry.mirror]]
                location = "%s"
                """.formatted(Registry.open().address()));
        Files.setPosixFilePermissions(conf, PosixFilePermissions.fromString("rw-r--r--"));

        Command.Result result = jrun.command("import", "-o", jrun.file("m.sqsh").toString(), "jrun/small:1")
                .with("CONTAINERS_REGISTRIES_CONF", conf.toString())
                .run()
                .orFail();

        assertTrue(result.talk().contains("served by mirror " + Registry.open().address()), result.talk());
    }
}
