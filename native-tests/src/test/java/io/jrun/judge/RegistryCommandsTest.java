package io.jrun.judge;

import static io.jrun.judge.Failures.assertFailed;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

        Command.of("sh", "-c", "mkdir jrun && touch jrun/small:1")
                .in(jrun.home())
                .as(Account.USER)
                .run()
                .orFail();

        Command.Result result = jrun.command("import", "-o", jrun.file("m.sqsh").toString(), "jrun/small:1")
                .with("CONTAINERS_REGISTRIES_CONF", conf.toString())
                .run()
                .orFail();

        assertTrue(result.talk().contains("served by mirror " + Registry.open().address()), result.talk());
        assertTrue(result.talk().contains("the file of that name here is ./jrun/small:1"), result.talk());
    }

    /** Puts an index over {@code small}, for this machine's platform, and the same image for another one. */
    private static final String INDEX_OF_TWO = """
            layout=$1; host=$2; copy=$3
            cp -r "$layout" "$copy"; cd "$copy/blobs/sha256"
            add() { set -- "$(sha256sum <new | cut -d' ' -f1)"; size=$(stat -c %s new); mv new "$1"; digest=sha256:$1; }
            name='.annotations["org.opencontainers.image.ref.name"]'
            first=$(jq -r ".manifests[] | select($name == \\"small\\") | .digest" "$layout/index.json")
            firstSize=$(stat -c %s "${first#*:}")
            config=$(jq -r .config.digest "${first#*:}")
            mine=$(jq -r .architecture "${config#*:}")
            jq -c '.architecture = "riscv64" | .config.Env = ["OF=another"]' "${config#*:}" >new; add
            jq -c --arg d "$digest" --argjson s "$size" '.config.digest = $d | .config.size = $s' "${first#*:}" >new; add
            type=application/vnd.oci.image.manifest.v1+json
            jq -nc --arg a "$first" --argjson first "$firstSize" --arg b "$digest" --argjson bs "$size" --arg t $type \\
                --arg mine "$mine" '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: [
                {mediaType: $t, digest: $a, size: $first, platform: {os: "linux", architecture: $mine}},
                {mediaType: $t, digest: $b, size: $bs, platform: {os: "linux", architecture: "riscv64"}}]}' >new; add
            jq -nc --arg d "$digest" --argjson s "$size" '{schemaVersion: 2, manifests: [{
                mediaType: "application/vnd.oci.image.index.v1+json", digest: $d, size: $s,
                annotations: {"org.opencontainers.image.ref.name": "both"}}]}' >"$copy/index.json"
            skopeo copy -q --all --preserve-digests --dest-tls-verify=false "oci:$copy:both" "docker://$host/jrun/both:1"
            """;

    private static String putIndex(Jrun jrun) {
        String host = Registry.open().address();
        Command.of(
                        "sh",
                        "-ec",
                        INDEX_OF_TWO,
                        "sh",
                        Images.layout("small").toString(),
                        host,
                        jrun.file("both").toString())
                .with("HOME", jrun.home().toString())
                .run()
                .orFail();
        return "docker://" + host + "/jrun/both:1";
    }

    private static String jq(String filter, String document) {
        return Command.of("jq", "-cS", filter).reading(document).run().orFail().text();
    }

    @Test
    void inspectTellsOfAReferenceWhatSkopeoTellsAndFetchesNoLayer() {
        Jrun root = Jrun.as(Account.ROOT);
        String reference = putIndex(root);
        Jrun jrun = Jrun.as(Account.USER);

        String ours =
                jrun.run("inspect", "--format", "json", reference).orFail().text();
        String other = jrun.run("inspect", "--format", "json", "--platform", "linux/riscv64", reference)
                .orFail()
                .text();
        String text = jrun.run("inspect", "--platform=linux/riscv64", reference)
                .orFail()
                .text();
        Command.Result absent = jrun.run("inspect", "--platform", "linux/s390x", reference);
        List<String> fetched = Registry.open().blobsFetched("jrun/both");

        String theirs = inspectedBySkopeo(root, reference);
        String theirsOther = inspectedBySkopeo(root, "--override-arch", "riscv64", reference);
        String index = inspectedBySkopeo(root, "--raw", reference);
        String manifest = inspectedBySkopeo(
                root,
                "--raw",
                reference.replaceFirst(
                        ":1$", "@" + jq(".manifests[0].digest", index).replace("\"", "")));
        String config = inspectedBySkopeo(root, "--config", "--override-arch", "riscv64", reference);
        assertAll(
                () -> assertEquals(jq(".Digest", theirs), jq(".digest", ours)),
                () -> assertEquals(jq("[.manifests[].digest]", index), jq("[.platforms[].digest]", ours)),
                () -> assertEquals(
                        jq("[.manifests[].platform | .os + \"/\" + .architecture]", index),
                        jq("[.platforms[].platform]", ours)),
                () -> assertEquals(
                        jq("[.layers[] | [.digest, .size, .mediaType]]", manifest),
                        jq("[.layers[] | [.digest, .sizeInBytes, .mediaType]]", ours)),
                () -> assertEquals(jq("[.layers[].size] | add", manifest), jq(".sizeInBytes", ours)),
                () -> assertEquals(jq(".Env // []", theirs), jq(".process.env // []", ours)),
                () -> assertEquals(jq(".manifests[1].digest", index), jq(".manifestDigest", other)),
                () -> assertEquals(jq(".Env", theirsOther), jq(".process.env", other)),
                () -> assertEquals(jq(".", config), jq(".config", other)),
                () -> assertTrue(text.contains("linux/riscv64") && text.contains("OF=another"), text),
                () -> assertFailed(3, absent, "linux/s390x", "linux/riscv64"),
                () -> assertEquals(
                        List.of(jq(".manifest.config.digest", ours), jq(".manifest.config.digest", other)).stream()
                                .map(digest -> digest.replace("\"", ""))
                                .sorted()
                                .toList(),
                        fetched,
                        "configs and nothing else"));
    }

    private static String inspectedBySkopeo(Jrun jrun, String... words) {
        String[] all = Stream.concat(Stream.of("inspect", "--tls-verify=false"), Arrays.stream(words))
                .toArray(String[]::new);
        return skopeo(jrun, all).run().orFail().text();
    }

    @Test
    void thePlanIsWhatSkopeoKnowsAndTheEventsTellHowItWasDone() throws IOException {
        String reference = Registry.open().reference("medium", "medium");
        Jrun jrun = Jrun.as(Account.USER);
        String plan = plan(jrun, reference);

        Command.Result made =
                jrun.run("import", "--progress", "json", "--timings", "timings", "-o", "medium.sqsh", reference);

        String events = made.orFail()
                .talk()
                .lines()
                .filter(line -> line.startsWith("{"))
                .collect(Collectors.joining("\n"));
        String skopeos = inspectedBySkopeo(Jrun.as(Account.ROOT), reference);
        String bytes = jq(
                "[.layers[] | {(.digest): .size}] | add | add",
                inspectedBySkopeo(Jrun.as(Account.ROOT), "--raw", reference));
        String cached = plan(jrun, reference);
        Workbench.remove(jrun.file(".cache/jrun/blobs"));
        String recorded = plan(jrun, reference);
        String unrecorded = plan(jrun, "--no-reuse", reference);
        String timings = Files.readString(jrun.file("timings"));
        assertAll(
                () -> assertEquals(bytes, jq(".downloadBytes", plan)),
                () -> assertEquals("false", jq(".outputExists", plan)),
                () -> assertEquals(jq(".Digest", skopeos), jq(".manifestDigest", plan)),
                () -> assertEquals("[0,true]", jq("[.downloadBytes, .outputExists]", cached)),
                () -> assertEquals("[0,true]", jq("[.downloadBytes, all(.layers[]; .reused)]", recorded)),
                () -> assertEquals(bytes, jq(".downloadBytes", unrecorded)),
                () -> assertEquals(
                        bytes,
                        jq("select(.event == \"layers\") | [.layers[] | {(.digest): .total}] | add | add", events)),
                () -> assertEquals(
                        jq("[.Layers[]] | unique", skopeos),
                        slurped(
                                "[.[] | select(.event == \"layer\" and .state == \"done\") | .layer] | unique",
                                events)),
                () -> assertEquals("\"end\"", slurped(".[-1].event", events)),
                () -> assertEquals(
                        "true",
                        slurped(
                                "[.[] | select(.event == \"phase\") | .phase] | index(\"resolve\") <"
                                        + " index(\"convert\") and index(\"convert\") < index(\"finish\")",
                                events)),
                () -> assertEquals("true", slurped("[.[].seconds] | . == sort", events)),
                () -> assertEquals(
                        "true",
                        jq(
                                ".wallSeconds as $all | [.phases | to_entries[] | select(.key != \"download\") |"
                                        + " .value.wallSeconds] | add - $all | fabs < 0.05",
                                timings),
                        timings));
    }

    private static String slurped(String filter, String lines) {
        return Command.of("jq", "-csS", filter).reading(lines).run().orFail().text();
    }

    private static String plan(Jrun jrun, String... words) {
        String[] all = Stream.concat(
                        Stream.of("import", "--plan-only", "--json", "-o", "medium.sqsh"), Arrays.stream(words))
                .toArray(String[]::new);
        return jrun.run(all).orFail().text();
    }
}
