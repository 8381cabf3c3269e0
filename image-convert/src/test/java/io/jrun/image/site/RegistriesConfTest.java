package io.jrun.image.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.JrunException;
import io.jrun.error.UsageException;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.site.Endpoint.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistriesConfTest {

    private static final String DIGEST = "@sha256:" + "a".repeat(64);

    @TempDir
    Path directory;

    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void haveHome() {
        environment.put("HOME", directory.resolve("home").toString());
    }

    private Path write(String path, String toml) throws IOException {
        Path file = directory.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, toml.replace('\'', '"'));
    }

    private RegistriesConf conf() throws JrunException {
        return RegistriesConf.read(new ConfigurationFiles(environment, directory.resolve("etc")));
    }

    private List<String> places(String reference) throws JrunException {
        return conf().endpoints(ImageReference.parse(reference)).stream()
                .map(endpoint -> endpoint + (endpoint.transport() == Transport.INSECURE ? " insecure" : ""))
                .toList();
    }

    private String meaning(String shortName) throws JrunException {
        return ImageReference.parse(shortName, conf()).toString();
    }

    @Test
    void lastFileThatNamesCredentialHelpersCounts() throws Exception {
        assertEquals(List.of(), conf().credentialHelpers());

        write("etc/containers/registries.conf", "credential-helpers = ['containers-auth.json', 'secretservice']\n");
        write("etc/containers/registries.conf.d/site.conf", "credential-helpers = ['vault']\n");
        write("etc/containers/registries.conf.d/z.conf", "unqualified-search-registries = ['quay.io']\n");

        assertEquals(List.of("vault"), conf().credentialHelpers());
    }

    @Test
    void withoutFilesAnImageIsAskedForWhereItBelongs() throws Exception {
        assertEquals(List.of("docker.io/library/debian"), places("debian"));
        assertEquals("docker.io/library/debian:12", meaning("debian:12"));
    }

    @Test
    void mirrorsComeBeforeTheRewrittenPlace() throws Exception {
        write("etc/containers/registries.conf", """
                [[registry]]
                prefix = 'docker.io'
                location = 'hub.site:5000/proxy'
                [[registry.mirror]]
                location = 'near.site/docker'
                insecure = true
                [[registry.mirror]]
                location = 'pinned.site'
                pull-from-mirror = 'digest-only'
                [[registry.mirror]]
                location = 'moving.site'
                pull-from-mirror = 'tag-only'
                """);

        assertEquals(
                List.of(
                        "near.site/docker/library/debian insecure",
                        "moving.site/library/debian",
                        "hub.site:5000/proxy/library/debian"),
                places("debian:12"));
        assertEquals(
                List.of(
                        "near.site/docker/library/debian insecure",
                        "pinned.site/library/debian",
                        "hub.site:5000/proxy/library/debian"),
                places("debian" + DIGEST));
        assertEquals(
                "hub.site:5000/proxy/library/debian",
                conf().primary(ImageReference.parse("debian")).toString());
    }

    @Test
    void longestPrefixWinsAndEndsWhereAComponentEnds() throws Exception {
        write("etc/containers/registries.conf", """
                [[registry]]
                location = 'reg.site'
                insecure = true
                [[registry]]
                prefix = 'reg.site/lab'
                location = 'lab.site/images'
                [[registry]]
                prefix = '*.wild.site'
                blocked = true
                """);

        assertEquals(List.of("lab.site/images/solver"), places("reg.site/lab/solver"));
        assertEquals(List.of("reg.site/laboratory/solver insecure"), places("reg.site/laboratory/solver"));
        assertEquals(List.of("reg.site:5000/x"), places("reg.site:5000/x"));
        DeniedException e = assertThrows(DeniedException.class, () -> places("a.wild.site:5000/x"));
        assertTrue(e.getMessage().contains("blocks *.wild.site"), e.getMessage());
        assertEquals(List.of("wild.site/x"), places("wild.site/x"));
    }

    @Test
    void mirrorByDigestOnlyIsTheRuleForMirrorsThatSayNothing() throws Exception {
        write("etc/containers/registries.conf", """
                [[registry]]
                location = 'reg.site'
                mirror-by-digest-only = true
                [[registry.mirror]]
                location = 'm.site'
                """);

        assertEquals(List.of("reg.site/x"), places("reg.site/x:1"));
        assertEquals(List.of("m.site/x", "reg.site/x"), places("reg.site/x" + DIGEST));
    }

    @Test
    void onlySearchedRegistryIsUsedAndSeveralAreAnError() throws Exception {
        Path chosen = write("chosen.conf", "unqualified-search-registries = ['quay.io']");
        environment.put("CONTAINERS_REGISTRIES_CONF", chosen.toString());
        assertEquals("quay.io/lab/solver:1", meaning("lab/solver:1"));

        write("chosen.conf", "unqualified-search-registries = ['quay.io', 'docker.io']");
        UsageException e = assertThrows(UsageException.class, () -> meaning("lab/solver:1"));
        assertTrue(e.getMessage().contains("quay.io, docker.io"), e.getMessage());
        assertEquals("reg.site/lab/solver", meaning("reg.site/lab/solver"));
    }

    @Test
    void aliasesComeBeforeTheSearchAndKeepTagAndDigest() throws Exception {
        write("etc/containers/registries.conf", "unqualified-search-registries = ['a.site', 'b.site']");
        write("etc/containers/registries.conf.d/00-names.conf", """
                [aliases]
                'debian' = 'docker.io/library/debian'
                'lab/solver.x' = 'reg.site/real/solver'
                """);
        write("home/.cache/containers/short-name-aliases.conf", "[aliases]\n'debian' = 'mine.site/debian'\n");

        assertEquals("mine.site/debian:12" + DIGEST, meaning("debian:12" + DIGEST));
        assertEquals("reg.site/real/solver", meaning("lab/solver.x"));
    }

    @Test
    void usersFileReplacesTheSystemsAndHisDropInsComeLast() throws Exception {
        write("etc/containers/registries.conf", "unqualified-search-registries = ['system.site']");
        write("etc/containers/registries.conf.d/b.conf", "[[registry]]\nlocation = 'reg.site'\ninsecure = true\n");
        write("home/.config/containers/registries.conf", "unqualified-search-registries = ['own.site']");
        write("home/.config/containers/registries.conf.d/a.conf", "[[registry]]\nlocation = 'reg.site'\n");
        write("home/.config/containers/registries.conf.d/ignored.txt", "no TOML");

        assertEquals("own.site/x", meaning("x"));
        assertEquals(List.of("reg.site/x"), places("reg.site/x"));
    }

    @Test
    void versionOneIsUnderstood() throws Exception {
        write("etc/containers/registries.conf", """
                [registries.search]
                registries = ['quay.io']
                [registries.insecure]
                registries = ['old.site:5000']
                [registries.block]
                registries = ['bad.site']
                """);

        assertEquals("quay.io/x", meaning("x"));
        assertEquals(List.of("old.site:5000/x insecure"), places("old.site:5000/x"));
        assertThrows(DeniedException.class, () -> places("bad.site/x"));
    }

    @Test
    void malformedFilesAreNamed() throws Exception {
        String valid = """
                unqualified-search-registries = ['a.site']
                [[registry]]
                prefix = 'p'
                location = 'l.site'
                [[registry.mirror]]
                location = 'm'
                """;
        for (int length = 0; length <= valid.length(); length++) {
            Path file = write("etc/containers/registries.conf", valid.substring(0, length));
            try {
                conf();
            } catch (CorruptDataException e) {
                assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
            }
        }
        for (String bad : List.of(
                "unqualified-search-registries = 'a'",
                "unqualified-search-registries = [1]",
                "registry = 'x'",
                "[[registry]]\nprefix = 'p'",
                "[[registry]]\nlocation = 7",
                "[[registry]]\nlocation = 'l'\ninsecure = 'yes'",
                "[[registry]]\nlocation = 'l'\n[[registry.mirror]]\nlocation = 'm'\npull-from-mirror = 'never'",
                "aliases = 3",
                "[aliases]\nx = 3")) {
            write("etc/containers/registries.conf", bad);
            assertThrows(CorruptDataException.class, this::conf, bad);
        }
    }

    @Test
    void ruleThatMakesNoRepositoryIsTold() throws Exception {
        write("etc/containers/registries.conf", "[[registry]]\nprefix = 'reg.site'\nlocation = 'https://x/'\n");

        CorruptDataException e = assertThrows(CorruptDataException.class, () -> places("reg.site/x"));

        assertTrue(e.getMessage().contains("no repository"), e.getMessage());
    }
}
