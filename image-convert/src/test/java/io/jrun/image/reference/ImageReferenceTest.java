package io.jrun.image.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.UsageException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageReferenceTest {

    private static final String DIGEST = "sha256:" + "0123456789abcdef".repeat(4);

    @ParameterizedTest
    @CsvSource({
        "ubuntu, docker.io, library/ubuntu, latest, ubuntu.sqsh",
        "docker://ubuntu:22.04, docker.io, library/ubuntu, 22.04, ubuntu+22.04.sqsh",
        "nvidia/cuda:12.4.0-base, docker.io, nvidia/cuda, 12.4.0-base, nvidia+cuda+12.4.0-base.sqsh",
        "docker.io/library/ubuntu, docker.io, library/ubuntu, latest, ubuntu.sqsh",
        "index.docker.io/x/y, docker.io, x/y, latest, x+y.sqsh",
        "registry-1.docker.io#x/y, docker.io, x/y, latest, x+y.sqsh",
        "nvcr.io/nvidia/pytorch:24.01-py3, nvcr.io, nvidia/pytorch, 24.01-py3, nvidia+pytorch+24.01-py3.sqsh",
        "docker://nvcr.io#nvidia/pytorch:24.01-py3, nvcr.io, nvidia/pytorch, 24.01-py3, nvidia+pytorch+24.01-py3.sqsh",
        "localhost/x, localhost, x, latest, x.sqsh",
        "localhost:5000/x:1, localhost:5000, x, 1, x+1.sqsh",
        "127.0.0.1:5000#a/b__c/d-e, 127.0.0.1:5000, a/b__c/d-e, latest, a+b__c+d-e.sqsh",
        "[::1]:5000/x, [::1]:5000, x, latest, x.sqsh",
        "Host/x, Host, x, latest, x.sqsh",
        "host#x, host, x, latest, x.sqsh",
        "a/b/c, docker.io, a/b/c, latest, a+b+c.sqsh",
    })
    void partsAreFound(String text, String registry, String path, String reference, String fileName) throws Exception {
        ImageReference parsed = ImageReference.parse(text);

        assertEquals(registry, parsed.repository().registry());
        assertEquals(path, parsed.repository().path());
        assertEquals(reference, parsed.manifestReference());
        assertEquals(fileName, parsed.defaultFileName());
        assertEquals(parsed, ImageReference.parse(parsed.toString()), parsed.toString());
    }

    @Test
    void digestWinsOverTag() throws Exception {
        ImageReference parsed = ImageReference.parse("lab/solver:2.1@" + DIGEST);

        assertEquals(DIGEST, parsed.manifestReference());
        assertEquals("lab+solver+2.1.sqsh", parsed.defaultFileName());
        assertEquals("docker.io/lab/solver:2.1@" + DIGEST, parsed.toString());
    }

    @Test
    void digestAloneNamesTheFile() throws Exception {
        assertEquals(
                "solver+sha256-0123456789ab.sqsh",
                ImageReference.parse("ghcr.io/solver@" + DIGEST).defaultFileName());
    }

    @ParameterizedTest
    @CsvSource({
        "$oauthtoken@nvcr.io#nvidia/cuda:12, $oauthtoken, nvcr.io, nvidia/cuda",
        "docker://ann@lab/solver, ann, docker.io, lab/solver",
        "ann@site.org@registry.site.org:5000/x/y, ann@site.org, registry.site.org:5000, x/y",
    })
    void userIsWhatStandsBeforeTheRegistry(String text, String user, String registry, String path) throws Exception {
        ImageReference parsed = ImageReference.parse(text);

        assertEquals(Optional.of(user), parsed.user());
        assertEquals(new Repository(registry, path), parsed.repository());
        assertEquals(parsed, ImageReference.parse(parsed.toString()), parsed.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "docker://",
                "/x",
                "x/",
                "a//b",
                "host:0/x",
                "host:65536/x",
                ":tag",
                "x:",
                "x:-tag",
                "x:ta/g",
                "x@sha256:1234",
                "x@md5:" + "00000000000000000000000000000000",
                "@x",
                "user:pass@x",
                "x#",
                "#x",
                "a b",
                "x:tag with space",
                "oci:/tmp/layout",
                "dockerd://x",
                "../x",
                "x/../y",
                "x\u0000",
                "b\u00fccher",
                "-x",
                "host:port/x",
            })
    void malformedReferencesAreRefusedWithAHint(String text) {
        UsageException e = assertThrows(UsageException.class, () -> ImageReference.parse(text));

        assertTrue(e.failure().hint().isPresent(), e.getMessage());
    }

    @Test
    void upperCaseNamesAreToldInLowerCase() {
        UsageException e = assertThrows(UsageException.class, () -> ImageReference.parse("lab/Solver:2"));

        assertEquals(
                "cannot read reference \"lab/Solver:2\": \"lab/Solver\" is no repository name\n"
                        + "  hint: repository names are lower case: lab/solver",
                e.getMessage());
    }

    @Test
    void hugeReferencesAreRefused() {
        assertThrows(UsageException.class, () -> ImageReference.parse("a/".repeat(1 << 20) + "x"));
    }

    @Test
    void dockerHubAnswersUnderAnotherName() throws Exception {
        assertEquals(
                "registry-1.docker.io",
                ImageReference.parse("ubuntu").repository().apiHost());
        assertEquals("ghcr.io", ImageReference.parse("ghcr.io/x").repository().apiHost());
    }
}
