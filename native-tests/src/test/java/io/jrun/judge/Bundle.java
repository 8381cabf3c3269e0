package io.jrun.judge;

import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A bundle of the OCI runtime-spec for an account without rights: busybox, and a config.json of its own. */
final class Bundle {

    private static final List<String> APPLETS =
            List.of("sh", "cat", "echo", "id", "ls", "sleep", "touch", "true", "false", "grep", "kill", "test", "env");

    /** What a config needs to be one; members that a test adds come first and stand for those of the same name. */
    private final Path folder;

    private final int id;
    private String members = "";
    private String process = "";
    private String mounts = "";
    private String linux = "";

    private Bundle(Path folder, int id) {
        this.folder = folder;
        this.id = id;
    }

    /** In a folder of the account, which has this number. */
    static Bundle of(Path parent, String name, int id) {
        Bundle bundle = new Bundle(parent.resolve(name), id);
        try {
            Path bin = Files.createDirectories(bundle.rootfs().resolve("bin"));
            Files.copy(Path.of("/bin/busybox"), bin.resolve("busybox"));
            for (String applet : APPLETS) {
                Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
            }
            for (String each : List.of("proc", "dev", "tmp")) {
                Files.createDirectories(bundle.rootfs().resolve(each));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bundle;
    }

    /** {@code "hooks": {...}} and such. */
    Bundle with(String member) {
        members += member + ",\n";
        return this;
    }

    Bundle withProcess(String member) {
        process += ", " + member;
        return this;
    }

    Bundle withMount(String mount) {
        mounts += ", " + mount;
        return this;
    }

    Bundle withLinux(String member) {
        linux += ", " + member;
        return this;
    }

    Path folder() {
        return folder;
    }

    Path rootfs() {
        return folder.resolve("rootfs");
    }

    /** Writes config.json and hands all of it to its account. */
    Bundle running(String... arguments) {
        String words = Arrays.stream(arguments)
                .map(word -> new String(Json.toBytes(JsonValue.of(word)), StandardCharsets.UTF_8))
                .collect(Collectors.joining(", "));
        try {
            Files.writeString(
                    folder.resolve("config.json"), String.format("""
            {"ociVersion": "1.0.2",
             "root": {"path": "rootfs", "readonly": false},
             "hostname": "judged",
             %s
             "process": {"user": {"uid": 0, "gid": 0}, "cwd": "/", "args": [%s],
               "env": ["PATH=/bin", "TERM=dumb"], "noNewPrivileges": true%s},
             "mounts": [
               {"destination": "/proc", "type": "proc", "source": "proc"},
               {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]}%s],
             "linux": {
               "uidMappings": [{"containerID": 0, "hostID": %d, "size": 1}],
               "gidMappings": [{"containerID": 0, "hostID": %d, "size": 1}],
               "namespaces": [{"type": "user"}, {"type": "mount"}, {"type": "pid"}, {"type": "ipc"}, {"type": "uts"}]%s}}
            """, members, words, process, mounts, id, id, linux));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (Host.isRoot()) {
            Command.of("chown", "-Rh", id + ":" + id, folder.toString()).run().orFail();
        }
        return this;
    }
}
