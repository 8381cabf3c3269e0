package io.jrun.runtime.oci;

import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.LifecycleStep.StateDocument;
import java.util.Map;

/** A container's state as its hooks read it. Source: OCI runtime-spec 1.2, runtime.md, "State". */
record StateDocuments(ContainerState state) {

    /** With a process ID that is not known yet. */
    StateDocument of(String status) {
        byte[] members = Json.toBytes(new JsonObject(state.members(status)));
        ByteString open = ByteString.of(members).substring(0, members.length - 1);
        return new StateDocument(open.plus(ByteString.of(",\"pid\":")), ByteString.of("}"), true);
    }

    StateDocument of(String status, long process) {
        Map<String, JsonValue> members = state.members(status);
        members.put("pid", JsonValue.of(process));
        return new StateDocument(ByteString.of(Json.toBytes(new JsonObject(members))), ByteString.of(""), false);
    }

    StateDocument stopped() {
        byte[] document = Json.toBytes(new JsonObject(state.members("stopped")));
        return new StateDocument(ByteString.of(document), ByteString.of(""), false);
    }
}
