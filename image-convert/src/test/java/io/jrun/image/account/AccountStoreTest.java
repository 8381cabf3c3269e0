package io.jrun.image.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.image.reference.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccountStoreTest {

    private static final Credentials.Password ANN = new Credentials.Password("ann", new Secret("pa:ss"));

    @TempDir
    Path home;

    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void haveHome() {
        environment.put("HOME", home.toString());
        environment.put("XDG_RUNTIME_DIR", home.resolve("run").toString());
    }

    private AccountStore store() {
        return new AccountStore(environment, Optional.empty());
    }

    private Credentials lookup(String registry, String path) throws IOException {
        return new Accounts(environment, Optional.empty()).lookup(new Repository(registry, path), Optional.empty());
    }

    private Path write(String path, String json) throws IOException {
        Path file = home.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, json.replace('\'', '"'));
    }

    @Test
    void whatIsStoredIsFoundAndPrivate() throws Exception {
        String place = store().store("reg.site:5000", ANN);

        assertEquals(home.resolve(".config/containers/auth.json").toString(), place);
        assertEquals(ANN, lookup("reg.site:5000", "lab/solver"));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(Path.of(place))));
        try (Stream<Path> files = Files.list(Path.of(place).getParent())) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void everythingElseInTheFileStays() throws Exception {
        Path file = write(
                ".config/containers/auth.json",
                "{'auths':{'a.site':{'auth':'YTpi'},'https://reg.site/v1/':{'auth':'b2xkOm9sZA=='}},'x':{'y':[1,null]}}");

        store().store("reg.site", ANN);

        String text = Files.readString(file).replaceAll("\\s", "");
        assertTrue(text.contains("\"a.site\":{\"auth\":\"YTpi\"}"), text);
        assertTrue(text.contains("\"x\":{\"y\":[1,null]}"), text);
        assertFalse(text.contains("https://reg.site"), text);
        assertEquals(ANN, lookup("reg.site", "x"));
    }

    @Test
    void olderEntryOfAFileThatIsReadBeforeIsRemoved() throws Exception {
        write("run/containers/auth.json", "{'auths':{'reg.site':{'auth':'b2xkOm9sZA=='}}}");

        store().store("reg.site", ANN);

        assertEquals(ANN, lookup("reg.site", "x"));
    }

    @Test
    void accountOfAPathIsForThatPathOnly() throws Exception {
        store().store("reg.site/lab", ANN);

        assertEquals(ANN, lookup("reg.site", "lab/solver"));
        assertEquals(new Credentials.Anonymous(), lookup("reg.site", "other/solver"));
    }

    @Test
    void chosenFileAndVariableAreRespected() throws Exception {
        Path variable = home.resolve("v.json");
        environment.put("REGISTRY_AUTH_FILE", variable.toString());
        assertEquals(variable.toString(), store().store("reg.site", ANN));

        Path chosen = home.resolve("c.json");
        assertEquals(chosen.toString(), new AccountStore(environment, Optional.of(chosen)).store("reg.site", ANN));
        assertFalse(Files.exists(home.resolve(".config")));
    }

    @Test
    void symbolicLinkStaysAndItsTargetIsReplaced() throws Exception {
        Path real = write("dotfiles/auth.json", "{}");
        Path link = home.resolve(".config/containers/auth.json");
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, real);

        store().store("reg.site", ANN);

        assertTrue(Files.isSymbolicLink(link));
        assertTrue(Files.readString(real).contains("reg.site"));
    }

    @Test
    void accountIsForgottenWhereverItIs() throws Exception {
        Path run =
                write("run/containers/auth.json", "{'auths':{'reg.site':{'auth':'b2xkOm9sZA=='},'k':{'auth':'YTpi'}}}");
        Path own = write(".config/containers/auth.json", "{'auths':{'reg.site':{'auth':'b2xkOm9sZA=='}}}");

        assertEquals(List.of(run.toString(), own.toString()), store().erase("reg.site"));
        assertEquals(List.of(), store().erase("reg.site"));
        assertEquals(List.of(run.toString()), store().eraseAll());
        assertEquals(new Credentials.Anonymous(), lookup("k", "x"));
    }

    @Test
    void helperOfTheFileKeepsTheSecretInstead() throws Exception {
        Path program = write("bin/docker-credential-box", """
                #!/bin/sh
                case $1 in
                store) cat > $HOME/secret ;;
                erase) cat > $HOME/erased; rm $HOME/secret ;;
                esac
                """);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        environment.put("PATH", home.resolve("bin") + ":" + System.getenv("PATH"));
        Path file = write(".config/containers/auth.json", "{'credHelpers':{'reg.site':'box'}}");

        assertEquals("docker-credential-box", store().store("reg.site", ANN));
        assertEquals(
                "{\"ServerURL\":\"reg.site\",\"Username\":\"ann\",\"Secret\":\"pa:ss\"}",
                Files.readString(home.resolve("secret")));
        assertFalse(Files.readString(file).contains("auths"));

        assertEquals(List.of("docker-credential-box"), store().erase("reg.site"));
        assertEquals("reg.site", Files.readString(home.resolve("erased")));
    }

    @Test
    void malformedFileIsNotReplaced() throws Exception {
        Path file = write(".config/containers/auth.json", "{'auths':");

        assertThrows(CorruptDataException.class, () -> store().store("reg.site", ANN));

        assertEquals("{\"auths\":", Files.readString(file));
    }
}
