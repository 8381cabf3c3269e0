package io.jrun.cli.registry;

import io.jrun.cli.cache.CacheLocation;
import io.jrun.cli.console.Version;
import io.jrun.cli.progress.ImportListener;
import io.jrun.cli.registry.RegistryFlags.RegistryAccess;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.UsageException;
import io.jrun.image.account.AccountStore;
import io.jrun.image.account.Credentials;
import io.jrun.image.account.Secret;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.convert.ImageFileRecord;
import io.jrun.image.convert.TemporaryLayout;
import io.jrun.image.push.ImageFileArtifact;
import io.jrun.image.push.ImagePush;
import io.jrun.image.push.LayoutContent;
import io.jrun.image.push.PushContent;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.reference.Platform;
import io.jrun.image.reference.Repository;
import io.jrun.image.registry.Registries;
import io.jrun.image.registry.RegistryOptions;
import io.jrun.image.source.TransferListener;
import io.jrun.image.source.registry.RegistrySource;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Registries as this host reaches them. */
public final class HostRegistry implements RegistryOperations {

    private static final String LAYOUT_SCHEME = "oci:";

    private final Map<String, String> environment;

    public HostRegistry(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    @Override
    public DigestResult digest(
            String reference, Optional<String> platform, RegistryAccess access, Consumer<String> notes)
            throws IOException {
        ImageReference parsed = parse(reference);
        try (RegistrySource source = open(parsed, access, notes)) {
            Digest digest = platform.isPresent() ? source.digest(Platform.parse(platform.get())) : source.digest();
            return new DigestResult(parsed.toString(), digest.toString());
        }
    }

    private ImageReference parse(String reference) throws JrunException {
        return ImageReference.parse(reference, Registries.shortNames(environment));
    }

    private RegistrySource open(ImageReference reference, RegistryAccess access, Consumer<String> notes)
            throws JrunException {
        TransferListener listener = new TransferListener() {
            @Override
            public void noticed(String sentence) {
                notes.accept(sentence);
            }
        };
        RegistryOptions options = access.options(environment).withListener(listener);
        BlobStore store = BlobStore.at(CacheLocation.of(environment).blobs());
        return RegistrySource.open(reference, store, options);
    }

    @Override
    public JsonValue inspect(String reference, Optional<String> platform, RegistryAccess access, Consumer<String> notes)
            throws IOException {
        ImageReference parsed = parse(reference);
        Optional<Platform> wanted =
                platform.isPresent() ? Optional.of(Platform.parse(platform.get())) : Optional.empty();
        try (RegistrySource source = open(parsed, access, notes)) {
            return new ReferenceInspection(parsed, source, notes).inspect(wanted);
        }
    }

    @Override
    public String login(String registry, String user, String password, RegistryAccess access) throws IOException {
        String key = accountKey(registry);
        Credentials.Password account = new Credentials.Password(user, new Secret(password));
        Registries.open(access.options(environment)).check(key.replaceFirst("/.*", ""), account);
        return new AccountStore(environment, access.authFile()).store(key, account);
    }

    @Override
    public List<String> logout(Optional<String> registry, RegistryAccess access) throws IOException {
        AccountStore store = new AccountStore(environment, access.authFile());
        return registry.isPresent() ? store.erase(accountKey(registry.get())) : store.eraseAll();
    }

    /** REGISTRY[/PATH] under the name that other tools use. */
    private static String accountKey(String typed) throws UsageException {
        String text = typed.replaceFirst("^https?://", "").replaceFirst("/+$", "");
        int slash = text.indexOf('/');
        String registry = slash < 0 ? text : text.substring(0, slash);
        if (!Repository.isValidRegistry(registry)) {
            throw new UsageException(Failure.of("read registry \"" + typed + '"', "it is none")
                    .hint("a registry is HOST or HOST:PORT, perhaps followed by /PATH"));
        }
        return Repository.canonicalRegistry(registry) + (slash < 0 ? "" : text.substring(slash));
    }

    @Override
    public DigestResult push(PushRequest request, ImportListener listener) throws IOException {
        ImageReference reference = ImageReference.parse(request.reference());
        String source = request.source();
        listener.phaseBegan("reading " + source);
        if (source.startsWith(LAYOUT_SCHEME)) {
            return push(layout(source.substring(LAYOUT_SCHEME.length())), reference, request, listener);
        }
        Path file = Path.of(source);
        if (request.form() == PushForm.ARTIFACT) {
            return push(ImageFileArtifact.of(file, platform(file)), reference, request, listener);
        }
        Path parent = CacheLocation.of(environment).directory().resolve("push");
        PackingProgress packing = new PackingProgress(listener);
        try (TemporaryLayout layout = TemporaryLayout.of(file, parent, Version.number(), packing)) {
            return push(LayoutContent.read(layout.directory(), Optional.empty()), reference, request, listener);
        }
    }

    private DigestResult push(
            PushContent content, ImageReference reference, PushRequest request, ImportListener listener)
            throws IOException {
        PushProgress progress = new PushProgress(listener, content.blobDescriptors());
        RegistryOptions options = request.access().options(environment).withListener(progress);
        listener.phaseBegan("pushing to " + reference);
        Digest digest = ImagePush.to(reference, request.mountFrom(), options).push(content);
        return new DigestResult(reference.toString(), digest.toString());
    }

    /** A colon ends the directory's name, unless a path goes on behind it. */
    private static PushContent layout(String text) throws JrunException {
        int colon = text.lastIndexOf(':');
        boolean tagged = colon > 0 && text.indexOf('/', colon) < 0;
        return LayoutContent.read(
                Path.of(tagged ? text.substring(0, colon) : text),
                tagged ? Optional.of(text.substring(colon + 1)) : Optional.empty());
    }

    /** Also sees to it that the file is an image file at all. */
    private static Optional<String> platform(Path file) throws IOException {
        try (SquashfsImage image = SquashfsImage.open(file)) {
            return ImageFileRecord.read(image).flatMap(ImageFileRecord::platform);
        }
    }
}
