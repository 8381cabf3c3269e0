package io.jrun.image.account;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.NotFoundException;
import io.jrun.image.reference.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CredentialFilesTest {

    private static final Repository REPOSITORY = new Repository("reg.site:5000", "lab/solver");
    private static final Repository HUB = new Repository("docker.io", "lab/solver");

    @TempDir
    Path home;

    private final Map<String, String> environment = new HashMap<>();

    private Path write(String path, String json) throws IOException {
        Path file = home.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, json.replace('\'', '"'));
    }

    private static String auth(String pair) {
        return "{'auth':'" + Base64.getEncoder().encodeToString(pair.getBytes(UTF_8)) + "'}";
    }

    private Credentials lookup(Repository repository) throws Exception {
        return lookup(repository, Optional.empty(), Optional.empty());
    }

    private Credentials lookup(Repository repository, Optional<String> user, Optional<Path> file) throws Exception {
        environment.put("HOME", home.toString());
        return new Accounts(environment, file).lookup(repository, user);
    }

    private static Credentials password(String user, String password) {
        return new Credentials.Password(user, new Secret(password));
    }

    @Test
    void withoutFilesNobodyIsKnown() throws Exception {
        assertEquals(new Credentials.Anonymous(), lookup(REPOSITORY));
    }

    @Test
    void dockersFileIsRead() throws Exception {
        write(".docker/config.json", "{'auths':{'reg.site:5000':" + auth("ann:a:b") + "}}");

        assertEquals(password("ann", "a:b"), lookup(REPOSITORY));
        assertEquals(new Credentials.Anonymous(), lookup(new Repository("reg.site", "lab/solver")));
    }

    @Test
    void dockerHubIsKnownUnderItsOldAddress() throws Exception {
        write(".docker/config.json", "{'auths':{'https://index.docker.io/v1/':" + auth("ann:x") + "}}");

        assertEquals(password("ann", "x"), lookup(HUB));
    }

    @Test
    void longestPathWins() throws Exception {
        environment.put("XDG_RUNTIME_DIR", home.resolve("run").toString());
        write(
                "run/containers/auth.json",
                "{'auths':{'reg.site:5000':" + auth("all:x") + ",'reg.site:5000/lab':" + auth("lab:x")
                        + ",'reg.site:5000/labs':" + auth("labs:x") + "}}");

        assertEquals(password("lab", "x"), lookup(REPOSITORY));
        assertEquals(password("all", "x"), lookup(new Repository("reg.site:5000", "other")));
    }

    @Test
    void placesAreSearchedInOrder() throws Exception {
        write(".docker/config.json", "{'auths':{'reg.site:5000':" + auth("docker:x") + "}}");
        assertEquals(password("docker", "x"), lookup(REPOSITORY));

        environment.put("DOCKER_CONFIG", home.resolve("dc").toString());
        write("dc/config.json", "{'auths':{'reg.site:5000':" + auth("chosen:x") + "}}");
        assertEquals(password("chosen", "x"), lookup(REPOSITORY));

        environment.put("XDG_RUNTIME_DIR", home.resolve("run").toString());
        write("run/containers/auth.json", "{'auths':{'reg.site:5000':" + auth("containers:x") + "}}");
        assertEquals(password("containers", "x"), lookup(REPOSITORY));

        Path variable = write("variable.json", "{'auths':{'reg.site:5000':" + auth("variable:x") + "}}");
        environment.put("REGISTRY_AUTH_FILE", variable.toString());
        assertEquals(password("variable", "x"), lookup(REPOSITORY));

        Path option = write("option.json", "{}");
        assertEquals(new Credentials.Anonymous(), lookup(REPOSITORY, Optional.empty(), Optional.of(option)));
    }

    @Test
    void namedUserMustBeThere() throws Exception {
        write(".docker/config.json", "{'auths':{'reg.site:5000':" + auth("ann:x") + "}}");

        assertEquals(password("ann", "x"), lookup(REPOSITORY, Optional.of("ann"), Optional.empty()));
        assertThrows(DeniedException.class, () -> lookup(REPOSITORY, Optional.of("bob"), Optional.empty()));
    }

    @Test
    void identityTokenComesFirst() throws Exception {
        write(".docker/config.json", "{'auths':{'reg.site:5000':{'auth':'','identitytoken':'tok'}}}");

        assertEquals(new Credentials.IdentityToken(new Secret("tok")), lookup(REPOSITORY));
    }

    @Test
    void helperIsAsked() throws Exception {
        helper(
                "#!/bin/sh\nread -r server\necho \"{\\\"Username\\\":\\\"ann\\\",\\\"Secret\\\":\\\"for $server\\\"}\"\n");
        write(".docker/config.json", "{'credHelpers':{'reg.site:5000':'test'}}");
        assertEquals(password("ann", "for reg.site:5000"), lookup(REPOSITORY));

        write(".docker/config.json", "{'credsStore':'test','auths':{'https://index.docker.io/v1/':{}}}");
        assertEquals(password("ann", "for https://index.docker.io/v1/"), lookup(HUB));
    }

    @Test
    void helperThatKnowsNothingLeavesUsAnonymous() throws Exception {
        helper("#!/bin/sh\necho 'credentials not found in native keychain'\nexit 1\n");
        write(".docker/config.json", "{'credsStore':'test'}");

        assertEquals(new Credentials.Anonymous(), lookup(REPOSITORY));
    }

    @Test
    void failingAndMissingHelpersAreTold() throws Exception {
        helper("#!/bin/sh\nexit 3\n");
        write(".docker/config.json", "{'credsStore':'test'}");
        assertThrows(DeniedException.class, () -> lookup(REPOSITORY));

        write(".docker/config.json", "{'credsStore':'absent'}");
        assertThrows(HostUnsupportedException.class, () -> lookup(REPOSITORY));

        write(".docker/config.json", "{'credsStore':'../evil'}");
        assertThrows(HostUnsupportedException.class, () -> lookup(REPOSITORY));
    }

    private Credentials lookupWith(Repository repository, String... helpers) throws Exception {
        environment.put("HOME", home.toString());
        return new Accounts(environment, Optional.empty(), List.of(helpers)).lookup(repository, Optional.empty());
    }

    @Test
    void helpersOfTheSiteAreAskedInItsOrder() throws Exception {
        helper(
                "#!/bin/sh\nread -r server\necho \"{\\\"Username\\\":\\\"bob\\\",\\\"Secret\\\":\\\"for $server\\\"}\"\n");
        write(".docker/config.json", "{'auths':{'reg.site:5000':{'username':'ann','password':'p'}}}");

        assertEquals(password("bob", "for reg.site:5000"), lookupWith(REPOSITORY, "test"));
        assertEquals(password("bob", "for docker.io"), lookupWith(HUB, "containers-auth.json", "test"));
        assertEquals(password("ann", "p"), lookupWith(REPOSITORY, "containers-auth.json", "test"));
        assertEquals(password("bob", "for reg.site:5000"), lookupWith(REPOSITORY, "test", "containers-auth.json"));
    }

    @Test
    void failingHelperOfTheSiteIsToldOnlyWhereNobodyElseKnowsTheAccount() throws Exception {
        helper("#!/bin/sh\nexit 3\n");
        write(".docker/config.json", "{'auths':{'reg.site:5000':{'username':'ann','password':'p'}}}");

        assertEquals(password("ann", "p"), lookupWith(REPOSITORY, "test", "absent", "containers-auth.json"));
        assertThrows(DeniedException.class, () -> lookupWith(HUB, "test", "absent", "containers-auth.json"));
        assertThrows(HostUnsupportedException.class, () -> lookupWith(HUB, "absent", "containers-auth.json"));
    }

    @Test
    void chosenFileKeepsHelpersOfTheSiteOut() throws Exception {
        helper("#!/bin/sh\nexit 3\n");
        Path file = write("chosen.json", "{'auths':{'reg.site:5000':{'username':'ann','password':'p'}}}");

        assertEquals(
                password("ann", "p"),
                new Accounts(environment, Optional.of(file), List.of("test")).lookup(REPOSITORY, Optional.empty()));
    }

    private void helper(String script) throws IOException {
        Path program = home.resolve("bin/docker-credential-test");
        Files.createDirectories(program.getParent());
        Files.writeString(program, script);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        environment.put("PATH", home.resolve("bin") + ":/usr/bin:/bin");
    }

    @Test
    void malformedFilesAreToldWithoutTheirContent() throws Exception {
        write(".docker/config.json", "{'auths':{'reg.site:5000':{'auth':'hunter2!'}}}");

        CorruptDataException e = assertThrows(CorruptDataException.class, () -> lookup(REPOSITORY));

        assertTrue(e.getMessage().contains("config.json"), e.getMessage());
        assertFalse(e.getMessage().contains("hunter2"), e.getMessage());
    }

    @Test
    void chosenFileMustExist() {
        assertThrows(
                NotFoundException.class,
                () -> lookup(REPOSITORY, Optional.empty(), Optional.of(home.resolve("none.json"))));
    }

    @Test
    void secretsAreNotPrinted() {
        assertEquals(
                "Password[user=ann, password=<redacted>]",
                password("ann", "hunter2").toString());
        assertEquals("<redacted>", Secret.basic("ann", new Secret("hunter2")).toString());
    }
}
