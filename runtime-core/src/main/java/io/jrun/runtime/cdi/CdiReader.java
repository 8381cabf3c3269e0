package io.jrun.runtime.cdi;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.json.JsonValue.JsonString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads a spec, strictly: a member that the specification does not know may be a restriction. Source: CDI spec 1.1.0. */
final class CdiReader {

    private static final Set<String> VERSIONS =
            Set.of("0.1.0", "0.2.0", "0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0", "1.1.0");
    private static final Set<String> HOOKS =
            Set.of("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop");

    private final String file;

    private CdiReader(String file) {
        this.file = file;
    }

    /** @param file its name ends in .json, .yaml or .yml */
    static CdiSpec read(byte[] content, String file) throws CorruptDataException {
        CdiReader reader = new CdiReader(file);
        return reader.spec(reader.document(content));
    }

    /** What either parser refuses is told with the mend for specs. */
    private JsonValue document(byte[] content) throws CorruptDataException {
        try {
            return file.endsWith(".json") ? Json.parse(content, file) : Yaml.parse(content, file);
        } catch (CorruptDataException e) {
            throw new CorruptDataException(failure(e.failure().why()), e);
        }
    }

    private CdiSpec spec(JsonValue document) throws CorruptDataException {
        known(document, "the spec", "cdiVersion", "kind", "annotations", "devices", "containerEdits");
        String version = text(document, "cdiVersion", "the spec");
        String plain = version.startsWith("v") ? version.substring(1) : version;
        if (!VERSIONS.contains(plain)) {
            throw malformed("its cdiVersion " + version + " is unknown");
        }
        String kind = text(document, "kind", "the spec");
        if (!CdiName.KIND.matcher(kind).matches()) {
            throw malformed("its kind " + kind + " is not vendor/class");
        }
        Map<String, ContainerEdits> devices = new LinkedHashMap<>();
        for (JsonValue device : objects(document, "devices", "the spec")) {
            String name = text(device, "name", "a device");
            known(device, "device " + name, "name", "annotations", "containerEdits");
            if (!CdiName.DEVICE.matcher(name).matches()) {
                throw malformed("a device has the impossible name " + name);
            }
            if (devices.put(name, edits(device, "device " + name)) != null) {
                throw malformed("device " + name + " is there twice");
            }
        }
        if (devices.isEmpty()) {
            throw malformed("it has no devices");
        }
        return new CdiSpec(file, kind, edits(document, "the spec"), devices);
    }

    private ContainerEdits edits(JsonValue parent, String where) throws CorruptDataException {
        Optional<JsonValue> found = parent.member("containerEdits");
        if (found.isEmpty()) {
            return ContainerEdits.NONE;
        }
        JsonValue edits = found.get();
        known(edits, where, "env", "deviceNodes", "mounts", "hooks", "additionalGids", "intelRdt", "netDevices");
        List<String> env = strings(edits, "env", where);
        for (String variable : env) {
            if (variable.indexOf('=') < 1 || variable.indexOf(0) >= 0) {
                throw malformed(where + " has a variable without a name or value: " + variable);
            }
        }
        List<ContainerEdits.Node> nodes = new ArrayList<>();
        for (JsonValue node : objects(edits, "deviceNodes", where)) {
            nodes.add(node(node, where));
        }
        List<ContainerEdits.Mount> mounts = new ArrayList<>();
        for (JsonValue mount : objects(edits, "mounts", where)) {
            known(mount, "a mount of " + where, "hostPath", "containerPath", "options", "type");
            mounts.add(new ContainerEdits.Mount(
                    path(text(mount, "hostPath", where), where),
                    path(text(mount, "containerPath", where), where),
                    strings(mount, "options", where)));
        }
        List<ContainerEdits.Hook> hooks = new ArrayList<>();
        for (JsonValue hook : objects(edits, "hooks", where)) {
            hooks.add(hook(hook, where));
        }
        List<String> unsupported = new ArrayList<>();
        for (String member : List.of("additionalGids", "intelRdt", "netDevices")) {
            if (edits.member(member).isPresent()) {
                unsupported.add(member);
            }
        }
        return new ContainerEdits(env, nodes, mounts, hooks, unsupported);
    }

    private ContainerEdits.Node node(JsonValue node, String where) throws CorruptDataException {
        known(
                node,
                "a device node of " + where,
                "path",
                "hostPath",
                "type",
                "major",
                "minor",
                "fileMode",
                "permissions",
                "uid",
                "gid");
        Optional<String> hostPath = node.string("hostPath");
        if (hostPath.isPresent()) {
            path(hostPath.get(), where);
        }
        Optional<String> permissions = node.string("permissions");
        if (permissions.filter(text -> !text.matches("[rwm]{1,3}")).isPresent()) {
            throw malformed(where + " has a device node with the permissions " + permissions.get());
        }
        Optional<String> type = node.string("type");
        if (type.filter(text -> !text.matches("[bcup]")).isPresent()) {
            throw malformed(where + " has a device node of the type " + type.get());
        }
        return new ContainerEdits.Node(path(text(node, "path", where), where), hostPath, permissions);
    }

    private ContainerEdits.Hook hook(JsonValue hook, String where) throws CorruptDataException {
        known(hook, "a hook of " + where, "hookName", "path", "args", "env", "timeout");
        String name = text(hook, "hookName", where);
        if (!HOOKS.contains(name)) {
            throw malformed(where + " has a hook for the unknown moment " + name);
        }
        return new ContainerEdits.Hook(name, path(text(hook, "path", where), where), strings(hook, "args", where));
    }

    private String path(String text, String where) throws CorruptDataException {
        if (!text.startsWith("/") || text.indexOf(0) >= 0 || (text + "/").contains("/../")) {
            throw malformed(where + " has a path that is not absolute or leads upwards: " + text);
        }
        return text;
    }

    private void known(JsonValue value, String where, String... names) throws CorruptDataException {
        if (!(value instanceof JsonObject object)) {
            throw malformed(where + " is no object");
        }
        for (String member : object.members().keySet()) {
            if (!List.of(names).contains(member)) {
                throw malformed(where + " has the unknown member " + member);
            }
        }
    }

    private String text(JsonValue value, String member, String where) throws CorruptDataException {
        return value.string(member)
                .filter(text -> !text.isEmpty())
                .orElseThrow(() -> malformed(where + " lacks the text " + member));
    }

    private List<String> strings(JsonValue value, String member, String where) throws CorruptDataException {
        List<String> result = new ArrayList<>();
        for (JsonValue item : items(value, member, where)) {
            if (!(item instanceof JsonString text)) {
                throw malformed(where + " has something else than a text in " + member);
            }
            result.add(text.value());
        }
        return result;
    }

    private List<JsonValue> objects(JsonValue value, String member, String where) throws CorruptDataException {
        List<JsonValue> items = items(value, member, where);
        if (!items.stream().allMatch(JsonObject.class::isInstance)) {
            throw malformed(where + " has something else than objects in " + member);
        }
        return items;
    }

    private List<JsonValue> items(JsonValue value, String member, String where) throws CorruptDataException {
        Optional<JsonValue> found = value.member(member);
        if (found.isPresent() && !(found.get() instanceof JsonArray)) {
            throw malformed(where + " has no list in " + member);
        }
        return value.array(member);
    }

    private CorruptDataException malformed(String why) {
        return new CorruptDataException(failure(why));
    }

    private Failure failure(String why) {
        return Failure.of("read the CDI spec " + file, why)
                .hint("correct the file, or remove it and make it anew with the vendor's generator or"
                        + " `jrun cdi generate`");
    }
}
