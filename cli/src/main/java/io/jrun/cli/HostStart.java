package io.jrun.cli;

import io.jrun.json.JsonValue;
import java.util.List;

/** x. */
final class HostStart implements StartCompilation {
    @Override
    public byte[] compile(StartArguments arguments) {
        return new byte[0];
    }

    @Override
    public String explain(StartArguments arguments) {
        return arguments.name().toString();
    }

    @Override
    public JsonValue explainAsJson(StartArguments arguments) {
        return JsonValue.ofStrings(List.of());
    }
}
