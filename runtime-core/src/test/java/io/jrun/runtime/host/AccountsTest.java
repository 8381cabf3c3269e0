package io.jrun.runtime.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.posix.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AccountsTest {

    private static Optional<PasswdEntry> passwd(String line) {
        return PasswdEntry.parse(ByteString.of(line));
    }

    @Test
    void aLineOfPasswdIsReadAndPrintedAlike() {
        String line = "ann:x:2000:2001:Ann Bee,,,:/home/ann:/bin/bash";

        assertEquals(ByteString.of(line), passwd(line).orElseThrow().toLine());
    }

    @Test
    void whatNamesNoAccountIsNone() {
        for (String line : List.of("", "#ann:x:1:1::/:/bin/sh", "+::::::", "ann:x:one:1::/:/bin/sh", "ann:x:1")) {
            assertTrue(passwd(line).isEmpty(), line);
        }
        assertTrue(passwd("ann:x:4294967296:1::/:/bin/sh").isEmpty(), "beyond 32 bits");
    }

    @Test
    void theFirstOfTwoEntriesCounts() {
        byte[] file = "a:x:7:1::/a:/bin/sh\nb:x:7:1::/b:/bin/sh\n".getBytes(StandardCharsets.UTF_8);

        assertEquals(ByteString.of("a"), PasswdEntry.find(file, 7).orElseThrow().name());
    }

    @Test
    void namesInOldEncodingsKeepTheirBytes() {
        byte[] line = {'m', (byte) 0xfc, ':', 'x', ':', '7', ':', '7', ':', ':', '/', ':', '/', 'b', '\n'};

        ByteString name = PasswdEntry.find(line, 7).orElseThrow().name();

        assertEquals(ByteString.of(new byte[] {'m', (byte) 0xfc}), name);
    }

    @Test
    void idsOfTheProcessAreReadFromItsStatus() {
        byte[] status =
                "Name:\tUid: 9\nUid:\t1\t2\t3\t4\nGroups:\t4 20 2000 \nNgid:\t0\n".getBytes(StandardCharsets.UTF_8);

        assertEquals(List.of(1L, 2L, 3L, 4L), HostReader.ids(status, "Uid:"));
        assertEquals(List.of(4L, 20L, 2000L), HostReader.ids(status, "Groups:"));
    }

    @Test
    void whatTheLauncherChangedForJavaIsUndone() {
        List<ByteString> settings = List.of(
                ByteString.of("A=1"),
                ByteString.of("A=2"),
                ByteString.of("LC_ALL=C.UTF-8"),
                ByteString.of("JRUN_HOME=/opt/jrun"),
                ByteString.of("JRUN_LC_ALL=de_DE"),
                ByteString.of("JRUN_TOOL_OPTIONS=-Xmx1g"),
                ByteString.of("JRUN_PLAN_FD=3"),
                ByteString.of("JRUN_BUILD=-7"));

        Map<ByteString, ByteString> variables = HostReader.callersOwn(settings);

        assertEquals(
                Map.of(
                        ByteString.of("A"),
                        ByteString.of("1"),
                        ByteString.of("LC_ALL"),
                        ByteString.of("de_DE"),
                        ByteString.of("JAVA_TOOL_OPTIONS"),
                        ByteString.of("-Xmx1g")),
                variables);
    }

    @Test
    void thisProcessIsDescribed() throws Exception {
        HostFacts host = new HostReader(new KernelFiles()).read();

        assertEquals(System.getProperty("os.version"), host.kernelRelease().toString());
        assertEquals(System.getProperty("user.dir"), host.workingDirectory().toString());
        assertEquals(
                Optional.ofNullable(System.getenv("PATH")),
                host.variable("PATH").map(ByteString::toString));
    }
}
