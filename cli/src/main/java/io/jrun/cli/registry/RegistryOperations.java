package io.jrun.cli.registry;

import io.jrun.cli.progress.ImportListener;
import io.jrun.cli.registry.RegistryFlags.RegistryAccess;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What the registry commands call. Failures are {@link io.jrun.error.JrunException}s. */
public interface RegistryOperations {

    /** @param platform as typed, OS/ARCH[/VARIANT]; empty for what the tag itself names */
    DigestResult digest(String reference, Optional<String> platform, RegistryAccess access, Consumer<String> notes)
            throws IOException;

    /** @param reference with registry and repository, as jrun understood it */
    record DigestResult(String reference, String digest) {}

    /**
     * What the registry tells of a reference without any layer: its platforms, and manifest and config for one of them.
     *
     * @param platform as typed, OS/ARCH[/VARIANT]; empty for this host's
     */
    JsonValue inspect(String reference, Optional<String> platform, RegistryAccess access, Consumer<String> notes)
            throws IOException;

    /** Asks the registry first; returns where the account is kept now. */
    String login(String registry, String user, String password, RegistryAccess access) throws IOException;

    /** Returns the places where the account was; all accounts' where no registry is named. */
    List<String> logout(Optional<String> registry, RegistryAccess access) throws IOException;

    DigestResult push(PushRequest request, ImportListener listener) throws IOException;

    /**
     * A push as it was asked for.
     *
     * @param source an image file, or oci:DIRECTORY[:TAG]
     * @param mountFrom the path of a repository of the same registry
     */
    record PushRequest(
            String source, String reference, PushForm form, Optional<String> mountFrom, RegistryAccess access) {}

    /** What an image file becomes in the registry. */
    enum PushForm {
        /** An image of one layer, which every container tool can run. */
        IMAGE,
        /** The file itself, which only jrun and artifact tools make something of. */
        ARTIFACT
    }
}
