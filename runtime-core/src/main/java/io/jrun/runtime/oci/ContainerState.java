package io.jrun.runtime.oci;

import io.jrun.error.CorruptDataException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is recorded of a container when it is made, and does not change.
 *
 * @param bundle absolute
 * @param boot identity of the running kernel: all process IDs are of it
 * @param creator the process that makes it, and stays with an attached one
 * @param hooks of config.json
 */
record ContainerState(
        String id,
        String bundle,
        Map<String, String> annotations,
        String boot,
        ProcessStart creator,
        boolean attached,
        boolean ownMounts,
        Optional<String> controlGroup,
        JsonValue hooks) {

    static final String SPEC_VERSION = "1.2.0";

    ContainerState {
        annotations = Map.copyOf(annotations);
    }

    /** The members before "pid", which comes last: hooks get it between two texts. */
    Map<String, JsonValue> members(String status) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("ociVersion", JsonValue.of(SPEC_VERSION));
        members.put("id", JsonValue.of(id));
        members.put("status", JsonValue.of(status));
        members.put("bundle", JsonValue.of(bundle));
        Map<String, JsonValue> notes = new LinkedHashMap<>();
        for (String key : annotations.keySet().stream().sorted().toList()) {
            notes.put(key, JsonValue.of(annotations.get(key)));
        }
        members.put("annotations", new JsonObject(notes));
        return members;
    }

    byte[] toBytes() {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("id", JsonValue.of(id));
        members.put("bundle", JsonValue.of(bundle));
        members.put("boot", JsonValue.of(boot));
        members.put("creator", JsonValue.of(creator.process()));
        members.put("creatorStart", JsonValue.of(creator.ticks()));
        members.put("attached", JsonValue.of(attached));
        members.put("ownMounts", JsonValue.of(ownMounts));
        controlGroup.ifPresent(group -> members.put("controlGroup", JsonValue.of(group)));
        members.put("hooks", hooks);
        Map<String, JsonValue> notes = new LinkedHashMap<>();
        annotations.forEach((key, value) -> notes.put(key, JsonValue.of(value)));
        members.put("annotations", new JsonObject(notes));
        return Json.toBytes(new JsonObject(members));
    }

    static ContainerState parse(byte[] document, String what) throws CorruptDataException {
        ConfigNode root = new ConfigNode("", Json.parse(document, what));
        return new ContainerState(
                root.required("id").text(),
                root.required("bundle").text(),
                root.stringMap("annotations"),
                root.required("boot").text(),
                new ProcessStart(
                        root.required("creator").number(),
                        root.required("creatorStart").number()),
                root.flag("attached"),
                root.flag("ownMounts"),
                root.string("controlGroup"),
                root.object("hooks").value());
    }

    /** What the spec calls a status. */
    enum Status {
        CREATING,
        CREATED,
        RUNNING,
        STOPPED;

        static final List<Status> ALIVE = List.of(CREATED, RUNNING);
    }
}
