package io.jrun.image.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.JrunException;
import io.jrun.image.reference.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnrootCredentialsTest {

    private static final Repository REPOSITORY = new Repository("reg.site:5000", "lab/solver");

    @TempDir
    Path directory;

    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void chooseDirectory() {
        environment.put("HOME", directory.toString());
        environment.put("XDG_RUNTIME_DIR", directory.toString());
        environment.put("ENROOT_CONFIG_PATH", directory.toString());
    }

    private void write(String text) throws IOException {
        Files.writeString(directory.resolve(".credentials"), text);
    }

    private Credentials lookup(Repository repository, String... user) throws JrunException {
        return new Accounts(environment, Optional.empty())
                .lookup(repository, List.of(user).stream().findFirst());
    }

    private static Credentials password(String user, String password) {
        return new Credentials.Password(user, new Secret(password));
    }

    @Test
    void hostIsMatchedWithAndWithoutItsPort() throws Exception {
        write("machine reg.site login ann password one\nmachine other.site:1 login bob password two\n");

        assertEquals(password("ann", "one"), lookup(REPOSITORY));
        assertEquals(password("bob", "two"), lookup(new Repository("other.site:1", "x")));
        assertEquals(new Credentials.Anonymous(), lookup(new Repository("other.site:2", "x")));
    }

    @Test
    void userOfTheReferencePicksTheEntry() throws Exception {
        write("machine reg.site login ann password one\nmachine reg.site login $oauthtoken password two");

        assertEquals(password("ann", "one"), lookup(REPOSITORY));
        assertEquals(password("$oauthtoken", "two"), lookup(REPOSITORY, "$oauthtoken"));
        assertThrows(DeniedException.class, () -> lookup(REPOSITORY, "eve"));
    }

    @Test
    void dockerHubIsKnownByItsTokenService() throws Exception {
        write("machine auth.docker.io login ann password one");

        assertEquals(password("ann", "one"), lookup(new Repository("docker.io", "lab/solver")));
    }

    @Test
    void jsonFilesComeFirst() throws Exception {
        write("machine reg.site login ann password one");
        Path file = directory.resolve(".docker/config.json");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "{\"auths\":{\"reg.site:5000\":{\"username\":\"bob\",\"password\":\"two\"}}}");

        assertEquals(password("bob", "two"), lookup(REPOSITORY));
    }

    @Test
    void variableIsTakenFromTheEnvironment() throws Exception {
        write("machine reg.site login ann password $SITE_KEY");
        assertThrows(DeniedException.class, () -> lookup(REPOSITORY));

        environment.put("SITE_KEY", "one");

        assertEquals(password("ann", "one"), lookup(REPOSITORY));
    }

    @Test
    void commandRunsOnlyWhereItIsAllowed() throws Exception {
        Path trace = directory.resolve("ran");
        write("machine reg.site login ann password $(touch " + trace
                + "; echo \"a (b)\")\nmachine x login y password z");

        DeniedException e = assertThrows(DeniedException.class, () -> lookup(REPOSITORY));
        assertFalse(Files.exists(trace));
        assertTrue(e.failure().hint().orElseThrow().contains("JRUN_CREDENTIALS_SHELL=1"), e.getMessage());

        environment.put("JRUN_CREDENTIALS_SHELL", "1");
        environment.put("PATH", System.getenv("PATH"));
        assertEquals(password("ann", "a (b)"), lookup(REPOSITORY));
        assertEquals(password("y", "z"), lookup(new Repository("x:1", "lab/solver")));
    }

    @Test
    void commentsQuotesMacrosAndEntriesForEverybodyAreRead() throws Exception {
        write("""
                # machine reg.site login no password no
                macdef init
                cd /x

                default login any password any
                machine reg.site
                  login "a n n"
                  account none password "p\\"w # x"
                """);

        assertEquals(password("a n n", "p\"w # x"), lookup(REPOSITORY));
        assertEquals(new Credentials.Anonymous(), lookup(new Repository("else.site", "x")));
    }

    @Test
    void tokenServiceMustBelongToTheRegistry() throws Exception {
        write("machine gitlab.site login ann password one\nmachine auth.docker.io login hub password two\n");
        Accounts accounts = new Accounts(environment, Optional.empty());

        assertEquals(
                Optional.of(password("ann", "one")),
                accounts.lookupTokenService("registry.gitlab.site:5050", "gitlab.site"));
        assertEquals(Optional.of(password("hub", "two")), accounts.lookupTokenService("docker.io", "auth.docker.io"));
        assertEquals(Optional.empty(), accounts.lookupTokenService("evil.site", "auth.docker.io"));
        assertEquals(Optional.empty(), accounts.lookupTokenService("evil.site", "gitlab.site"));
    }

    @Test
    void fileCutAnywhereIsReadOrRefusedWithoutItsSecrets() throws Exception {
        String text = "machine reg.site login \"ann x\" password $(echo hunter2) machine b login c password hunter2";
        for (int length = 0; length < text.length(); length++) {
            write(text.substring(0, length));
            try {
                lookup(new Repository("none.site", "x"));
            } catch (CorruptDataException e) {
                assertFalse(e.getMessage().contains("hunter"), e.getMessage());
            }
        }
    }
}
