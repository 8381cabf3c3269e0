package io.jrun.cli;

import io.jrun.cli.bcast.BcastOperations;
import io.jrun.cli.cache.CacheEntry;
import io.jrun.cli.cache.CacheOperations;
import io.jrun.cli.cache.PruneReport;
import io.jrun.cli.cache.PruneRequest;
import io.jrun.cli.config.ConfigOperations;
import io.jrun.cli.console.RoomCheck;
import io.jrun.cli.container.ContainerOperations;
import io.jrun.cli.container.ContainerSummary;
import io.jrun.cli.container.RunningSummary;
import io.jrun.cli.convert.BundleOperations;
import io.jrun.cli.convert.BundleRequest;
import io.jrun.cli.convert.BundleResult;
import io.jrun.cli.convert.ImportOperations;
import io.jrun.cli.convert.ImportPlan;
import io.jrun.cli.convert.ImportRequest;
import io.jrun.cli.convert.ImportResult;
import io.jrun.cli.convert.LoadRequest;
import io.jrun.cli.convert.LoadResult;
import io.jrun.cli.device.DeviceOperations;
import io.jrun.cli.device.HostDevices;
import io.jrun.cli.host.Cleaning;
import io.jrun.cli.host.HostOperations;
import io.jrun.cli.look.LookOperations;
import io.jrun.cli.look.Place;
import io.jrun.cli.mpi.MpiOperations;
import io.jrun.cli.oci.OciOperations;
import io.jrun.cli.progress.ImportListener;
import io.jrun.cli.registry.RegistryFlags.RegistryAccess;
import io.jrun.cli.registry.RegistryOperations;
import io.jrun.cli.resource.HostStats;
import io.jrun.cli.resource.StatsOperations;
import io.jrun.cli.slurm.SlurmOperations;
import io.jrun.image.browse.DirectoryView;
import io.jrun.image.browse.PathResolver;
import io.jrun.image.browse.TreeView;
import io.jrun.image.writer.directory.ExtractionReport;
import io.jrun.json.JsonValue;
import io.jrun.runtime.bcast.Broadcast;
import io.jrun.runtime.check.Judgement;
import io.jrun.runtime.config.ConfigKey;
import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.config.Setting;
import io.jrun.runtime.mpi.MpiJudgement;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** Remembers what the commands ask for, and fails with a given failure where there is one. */
final class RecordingOperations
        implements ImportOperations,
                BundleOperations,
                ContainerOperations,
                LookOperations,
                CacheOperations,
                RegistryOperations,
                ConfigOperations {

    final List<Object> calls = new ArrayList<>();

    /** Told by the tests that need them. */
    HostOperations hostOperations = new FakeHost(new Judgement(List.of()), new Cleaning(List.of(), List.of()));

    StatsOperations statsOperations = new HostStats();

    final FakeOci ociOperations = new FakeOci();
    final List<CacheEntry> damaged = new ArrayList<>();

    Optional<Throwable> failure = Optional.empty();

    MpiJudgement judgement = new MpiJudgement(List.of(), Optional.empty());

    /** These operations behind all commands. */
    Services services() {
        RecordingOperations all = this;
        return new Services() {
            @Override
            public ImportOperations imports() {
                return all;
            }

            @Override
            public BundleOperations bundles() {
                return all;
            }

            @Override
            public ContainerOperations containers() {
                return all;
            }

            @Override
            public LookOperations look() {
                return all;
            }

            @Override
            public CacheOperations cache() {
                return all;
            }

            @Override
            public RegistryOperations registries() {
                return all;
            }

            @Override
            public DeviceOperations devices() {
                return new HostDevices();
            }

            @Override
            public OciOperations oci() {
                return ociOperations;
            }

            @Override
            public SlurmOperations slurm() {
                return (directory, present) -> {
                    calls.add(List.of(directory, present));
                    return List.of(directory.resolve("oci.conf"), directory.resolve("prolog"));
                };
            }

            @Override
            public MpiOperations mpi() {
                return image -> {
                    record(image);
                    return judgement;
                };
            }

            @Override
            public BcastOperations bcast() {
                return (image, destination, talk) -> {
                    record(image + " " + destination);
                    talk.accept("sbcast to 2 nodes");
                    return new Broadcast.Result("/local/x.sqsh", "00ff", List.of("n1", "n2"), List.of("n2"));
                };
            }

            @Override
            public ConfigOperations config() {
                return all;
            }

            @Override
            public HostOperations host() {
                return hostOperations;
            }

            @Override
            public StatsOperations stats() {
                return statsOperations;
            }
        };
    }

    private void record(Object call) throws IOException {
        calls.add(call);
        if (failure.isPresent()) {
            Throwable chosen = failure.get();
            if (chosen instanceof IOException checked) {
                throw checked;
            } else if (chosen instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            throw new IllegalArgumentException("cannot throw", chosen);
        }
    }

    @Override
    public ImportResult importImage(ImportRequest request, ImportListener listener) throws IOException {
        listener.phaseBegan("resolving " + request.source().reference());
        record(request);
        return new ImportResult(
                request.target().output().orElse(Path.of("out.sqsh")),
                Optional.of("sha256:00"),
                1_230_000,
                List.of("2 sockets left out"));
    }

    @Override
    public ImportResult exportContainer(
            String name, ImportRequest.Target target, RoomCheck room, ImportListener listener) throws IOException {
        record("export " + name + " " + target.format() + " " + target.output());
        return new ImportResult(target.output().orElse(Path.of("out.sqsh")), Optional.empty(), 5, List.of());
    }

    @Override
    public BundleResult bundle(BundleRequest request, ImportListener listener) throws IOException {
        record(request);
        return new BundleResult(request.output().orElse(Path.of("out.run")), "sha256:00", 5, List.of());
    }

    @Override
    public LoadResult loadContainer(LoadRequest request, ImportListener listener) throws IOException {
        record("load " + request.source().reference() + " " + request.name() + " " + request.replacement());
        return new LoadResult("loaded", Optional.of("sha256:00"), List.of("1 device nodes were left out"));
    }

    @Override
    public Created createContainer(CreateRequest request, ImportListener listener) throws IOException {
        listener.phaseBegan("extracting " + request.imageFile());
        record(request);
        return new Created(request.name().orElse("unnamed"), 1_000, List.of("1 device nodes were left out"));
    }

    @Override
    public List<ContainerSummary> containers() throws IOException {
        record("list");
        return List.of(
                new ContainerSummary(
                        "solver", Optional.of("sha256:00"), Optional.of(Instant.parse("2026-11-01T10:20:30.5Z"))),
                new ContainerSummary("x", Optional.empty(), Optional.empty()));
    }

    @Override
    public List<RunningSummary> running() throws IOException {
        record("list --running");
        return List.of(
                new RunningSummary(
                        "solver",
                        17,
                        Optional.of("/images/solver.sqsh"),
                        Instant.parse("2026-11-01T10:20:30.25Z"),
                        List.of("run", "a\nb"),
                        Optional.of("4711")),
                new RunningSummary(
                        "x",
                        4_000_000,
                        Optional.empty(),
                        Instant.parse("2026-11-01T10:20:31Z"),
                        List.of("sh"),
                        Optional.empty()));
    }

    @Override
    public void removeContainer(String name) throws IOException {
        record("remove " + name);
    }

    @Override
    public Place open(String imageAndPath) throws IOException {
        record("open " + imageAndPath);
        return new Place(
                new DirectoryView(
                        Path.of("src/main/resources/io/jrun/cli/manual/help").toAbsolutePath(), "help"),
                Optional.empty());
    }

    @Override
    public long copyAsTar(TreeView view, PathResolver.Found from, OutputStream out) throws IOException {
        record("copy " + from.path() + " of " + view.name() + " as a tar");
        return 0;
    }

    @Override
    public ExtractionReport copy(TreeView view, PathResolver.Found from, Path target) throws IOException {
        record("copy " + from.path() + " of " + view.name() + " to " + target);
        return new ExtractionReport(1, 2, 3, 0, 0, 4, 0);
    }

    @Override
    public DigestResult digest(
            String reference, Optional<String> platform, RegistryAccess access, Consumer<String> notes)
            throws IOException {
        notes.accept("a limit is near");
        record("digest " + reference + " " + platform + " " + access);
        return new DigestResult(reference, "sha256:00");
    }

    @Override
    public JsonValue inspect(String reference, Optional<String> platform, RegistryAccess access, Consumer<String> notes)
            throws IOException {
        notes.accept("a limit is near");
        record("inspect " + reference + " " + platform + " " + access);
        Map<String, JsonValue> entry = new LinkedHashMap<>();
        entry.put("platform", JsonValue.of("linux/arm64"));
        entry.put("digest", JsonValue.of("sha256:bb"));
        Map<String, JsonValue> layer = new LinkedHashMap<>();
        layer.put("digest", JsonValue.of("sha256:cc"));
        layer.put("sizeInBytes", JsonValue.of(2_000));
        Map<String, JsonValue> facts = new LinkedHashMap<>();
        facts.put("platforms", new JsonValue.JsonArray(List.of(new JsonValue.JsonObject(entry))));
        facts.put("sizeInBytes", JsonValue.of(2_000));
        facts.put("layers", new JsonValue.JsonArray(List.of(new JsonValue.JsonObject(layer))));
        facts.put("config", JsonValue.of("long"));
        return new JsonValue.JsonObject(facts);
    }

    @Override
    public String login(String registry, String user, String password, RegistryAccess access) throws IOException {
        record("login " + registry + " " + user + " " + password + " " + access);
        return "auth.json";
    }

    @Override
    public List<String> logout(Optional<String> registry, RegistryAccess access) throws IOException {
        record("logout " + registry + " " + access);
        return registry.isPresent() ? List.of("auth.json") : List.of();
    }

    @Override
    public DigestResult push(PushRequest request, ImportListener listener) throws IOException {
        listener.note("a limit is near");
        record(request);
        return new DigestResult(request.reference(), "sha256:00");
    }

    @Override
    public JsonValue inspect(String fileOrName) throws IOException {
        record("inspect " + fileOrName);
        Map<String, JsonValue> inner = new LinkedHashMap<>();
        inner.put("entries", JsonValue.of(3));
        Map<String, JsonValue> facts = new LinkedHashMap<>();
        facts.put("kind", JsonValue.of("squashfs"));
        facts.put("image", new JsonValue.JsonObject(inner));
        facts.put("layers", JsonValue.ofStrings(List.of("a", "b")));
        return new JsonValue.JsonObject(facts);
    }

    @Override
    public ImportPlan planImport(ImportRequest request) throws IOException {
        record("plan " + request.source().reference());
        return new ImportPlan(
                request.source().reference(),
                Optional.of("sha256:00"),
                "linux/amd64",
                List.of(
                        new ImportPlan.LayerPlan("sha256:aa", "tar+gzip", 2_000_000, 2_000_000, false),
                        new ImportPlan.LayerPlan("sha256:bb", "tar+gzip", 6_000_000, 1_000_000, false),
                        new ImportPlan.LayerPlan("sha256:cc", "tar+gzip", 500, 0, false)),
                request.source().reference().startsWith("oci:")
                        ? Optional.empty()
                        : Optional.of(new ImportPlan.Download(5_000_500, Path.of("/cache/jrun/blobs"), 9_000_000_000L)),
                OptionalLong.of(8_000_500),
                Path.of("/images/solver.sqsh"),
                false,
                70_000_000_000L,
                Map.of("format", "squashfs"));
    }

    static CacheEntry cacheEntry(CacheEntry.Kind kind, String name, long sizeInBytes) {
        return new CacheEntry(
                kind, name, Path.of("/cache/" + name), sizeInBytes, Instant.parse("2026-11-01T10:20:30.5Z"));
    }

    @Override
    public List<CacheEntry> cached() throws IOException {
        record("cache list");
        return List.of(
                cacheEntry(CacheEntry.Kind.BLOB, "sha256:aa", 1_500_000),
                cacheEntry(CacheEntry.Kind.DOWNLOAD, "sha256:bb", 10));
    }

    @Override
    public PruneReport prune(PruneRequest request) throws IOException {
        record(request);
        return new PruneReport(List.of(cacheEntry(CacheEntry.Kind.BLOB, "sha256:aa", 1_500_000)), 10);
    }

    @Override
    public List<CacheEntry> removeDamaged() throws IOException {
        record("cache verify");
        return damaged;
    }

    @Override
    public Configuration configuration() throws IOException {
        record("config");
        return new Configuration(
                List.of(new Setting(ConfigKey.RW, "yes", "/etc/jrun/config line 1")),
                List.of(),
                List.of(),
                List.of(),
                List.of());
    }
}
