package io.jrun.runtime.oci;

import io.jrun.error.CorruptDataException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.LifecycleStep.Hook;
import io.jrun.runtime.plan.LifecycleStep.Hooks;
import io.jrun.runtime.plan.LifecycleStep.StateDocument;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** {@code hooks} of a bundle. Source: OCI runtime-spec 1.2, config.md, "POSIX-platform Hooks". */
final class BundleHooks {

    static final List<String> KINDS =
            List.of("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop");

    private final ConfigNode hooks;

    BundleHooks(ConfigNode hooks) {
        this.hooks = hooks;
    }

    Hooks of(StateDocument state, String kind) throws CorruptDataException {
        List<Hook> all = new ArrayList<>();
        for (ConfigNode hook : hooks.items(kind)) {
            all.add(hook(hook, kind));
        }
        return new Hooks(all, state);
    }

    private static Hook hook(ConfigNode hook, String kind) throws CorruptDataException {
        String path = hook.required("path").text();
        if (!path.startsWith("/")) {
            throw hook.required("path").malformed("not absolute");
        }
        OptionalLong timeout = hook.integer("timeout");
        if (timeout.isPresent() && (timeout.getAsLong() <= 0 || timeout.getAsLong() > Integer.MAX_VALUE)) {
            throw hook.required("timeout").malformed("no number of seconds above 0");
        }
        List<ByteString> arguments = bytes(hook.strings("args"));
        return new Hook(
                ByteString.of(path),
                arguments.isEmpty() ? List.of(ByteString.of(path)) : arguments,
                bytes(hook.strings("env")),
                timeout.isPresent() ? OptionalInt.of((int) timeout.getAsLong()) : OptionalInt.empty(),
                kind);
    }

    private static List<ByteString> bytes(List<String> texts) {
        List<ByteString> bytes = new ArrayList<>();
        for (String text : texts) {
            bytes.add(ByteString.of(text));
        }
        return bytes;
    }
}
