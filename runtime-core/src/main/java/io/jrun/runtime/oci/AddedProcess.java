package io.jrun.runtime.oci;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostFiles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Description of a process that is added to a container: a file of the caller's, or the container's own with changes. */
final class AddedProcess {

    private static final int MAX_BYTES = 16 << 20;

    private AddedProcess() {}

    static ConfigNode describe(HostFiles files, ConfigNode config, AddRequest request) throws JrunException {
        if (request.description().isPresent()) {
            ByteString file = ByteString.of(request.description().get());
            Optional<byte[]> document = files.read(file, MAX_BYTES);
            if (document.isEmpty()) {
                throw new NotFoundException(Failure.of("run the process of " + file, "there is no such file (ENOENT)")
                        .hint("it holds what config.json calls \"process\""));
            }
            return new ConfigNode("process", Json.parse(document.get(), file.toString()));
        }
        if (request.arguments().isEmpty()) {
            throw new UsageException(Failure.of("run a process in " + request.id(), "no program is named (EINVAL)")
                    .hint("name it behind the container, or a description with --process FILE"));
        }
        return new ConfigNode("process", changed(config.object("process").value(), request));
    }

    private static JsonValue changed(JsonValue process, AddRequest request) throws JrunException {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        if (process instanceof JsonObject object) {
            members.putAll(object.members());
        }
        members.put("args", JsonValue.ofStrings(request.arguments()));
        members.put("terminal", JsonValue.of(request.terminal()));
        members.putIfAbsent("cwd", JsonValue.of("/"));
        request.directory().ifPresent(directory -> members.put("cwd", JsonValue.of(directory)));
        if (!request.environment().isEmpty()) {
            List<JsonValue> variables = new ArrayList<>();
            if (members.get("env") instanceof JsonArray own) {
                variables.addAll(own.items());
            }
            request.environment().forEach(each -> variables.add(JsonValue.of(each)));
            members.put("env", new JsonArray(variables));
        }
        if (request.user().isPresent()) {
            members.put("user", user(request.user().get()));
        }
        return new JsonObject(members);
    }

    private static JsonValue user(String text) throws UsageException {
        if (!text.matches("[0-9]{1,9}(:[0-9]{1,9})?")) {
            throw new UsageException(Failure.of("run a process as \"" + text + "\"", "it is no UID or UID:GID (EINVAL)")
                    .hint("names are not looked up: give numbers"));
        }
        String[] ids = text.split(":", -1);
        Map<String, JsonValue> user = new LinkedHashMap<>();
        user.put("uid", JsonValue.of(Long.parseLong(ids[0])));
        user.put("gid", JsonValue.of(ids.length > 1 ? Long.parseLong(ids[1]) : 0));
        return new JsonObject(user);
    }
}
