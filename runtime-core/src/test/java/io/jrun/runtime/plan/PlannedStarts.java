package io.jrun.runtime.plan;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.host.GroupEntry;
import io.jrun.runtime.host.HostCapabilities;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.InMemoryFiles;
import io.jrun.runtime.host.PasswdEntry;
import io.jrun.runtime.plan.PlanStep.BindMount;
import io.jrun.runtime.plan.PlanStep.EnterRoot;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import io.jrun.runtime.spec.ImageSettings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;

/**
 * Plans for ann (uid 2000, groups lab and gpu) on a host with the usual files, and a container "solver":
 *
 * <pre>
 * /c/solver/rootfs/{proc,sys,dev,tmp,bin/sh,home,data/file}
 * /c/solver/rootfs/etc/{hosts,resolv.conf,hostname,machine-id,localtime,passwd,group}
 * </pre>
 */
abstract class PlannedStarts {

    static final String ROOTFS = "/c/solver/rootfs";

    final InMemoryFiles files = new InMemoryFiles();
    final Map<String, String> environment = new LinkedHashMap<>();
    final List<String> settings = new ArrayList<>();
    final List<String> mounts = new ArrayList<>();
    Optional<String> workingDirectory = Optional.empty();
    RootAccess access = RootAccess.READ_ONLY;
    Identity identity = Identity.SELF;
    Optional<PasswdEntry> account = Optional.of(new PasswdEntry(
            ByteString.of("ann"),
            2000,
            2001,
            ByteString.of("Ann"),
            ByteString.of("/home/ann"),
            ByteString.of("/bin/tcsh")));
    String imageConfig = "{}";
    Configuration configuration = Configuration.none();
    Devices devices = Devices.none(List.of());
    Consumer<StartOptions.Builder> more = options -> {};
    HostCapabilities capabilities = new HostCapabilities(Optional.empty(), Optional.empty());

    @BeforeEach
    void drawHostAndContainer() {
        for (String path : List.of("proc", "sys", "dev", "tmp")) {
            files.directory("/" + path).directory(ROOTFS + "/" + path);
        }
        for (String name : List.of("hosts", "resolv.conf", "hostname", "machine-id", "localtime", "passwd", "group")) {
            files.file("/etc/" + name, name).file(ROOTFS + "/etc/" + name, "");
        }
        files.file(ROOTFS + "/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nold:x:2000:5::/old:/bin/sh\n");
        files.file(ROOTFS + "/etc/group", "root:x:0:\nlab:x:7:\n");
        files.file(ROOTFS + "/bin/sh", "").directory(ROOTFS + "/home").file(ROOTFS + "/data/file", "");
        files.file("/c/solver/container.json", "{}").directory("/scratch/in").file("/scratch/conf", "");
    }

    PlannedStart plan() throws JrunException {
        List<ByteString> env = settings.stream().map(ByteString::of).toList();
        List<ByteString> volumes = mounts.stream().map(ByteString::of).toList();
        Map<ByteString, ByteString> variables = new LinkedHashMap<>();
        environment.forEach((name, value) -> variables.put(ByteString.of(name), ByteString.of(value)));
        StartOptions.Builder options = StartOptions.of(
                        List.of(ByteString.of("start"), ByteString.of("solver")), ByteString.of("solver"))
                .environment(env)
                .mounts(volumes);
        if (!(access instanceof RootAccess.ReadOnly)) {
            options.rootAccess(access);
        }
        if (!identity.isSelf()) {
            options.identity(identity);
        }
        workingDirectory.map(ByteString::of).ifPresent(options::workingDirectory);
        more.accept(options);
        StartRequest request = new StartRequest(
                options.build(),
                configuration,
                ByteString.of(ROOTFS),
                ByteString.of("/c/solver/container.json"),
                ByteString.of("/c/solver/plans/HASH"),
                settings -> devices);
        HostFacts host = new HostFacts(
                2000,
                2001,
                List.of(2001L, 44L),
                account,
                List.of(new GroupEntry(ByteString.of("lab"), 2001), new GroupEntry(ByteString.of("gpu"), 44)),
                ByteString.of("6.1.0"),
                ByteString.of("/scratch"),
                variables);
        ImageSettings image = ImageSettings.parse(imageConfig.getBytes(StandardCharsets.UTF_8), "config");
        return Planner.plan(request, host, capabilities, image, files);
    }

    Map<ByteString, ByteString> caller() {
        Map<ByteString, ByteString> variables = new LinkedHashMap<>();
        environment.forEach((name, value) -> variables.put(ByteString.of(name), ByteString.of(value)));
        return variables;
    }

    Map<String, String> payloadVariables() throws JrunException {
        Map<String, String> result = new LinkedHashMap<>();
        for (PayloadEnvironment.Entry entry : PayloadEnvironment.of(plan().plan(), caller())) {
            result.put(entry.name().toString(), entry.value().toString());
        }
        return result;
    }

    List<BindMount> binds() throws JrunException {
        return plan().plan().steps().stream()
                .filter(BindMount.class::isInstance)
                .map(BindMount.class::cast)
                .toList();
    }

    BindMount bindFrom(String source) throws JrunException {
        return binds().stream()
                .filter(bind -> bind.source().equals(ByteString.of(source)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no mount of " + source));
    }

    EnterRoot enterRoot() throws JrunException {
        return plan().plan().steps().stream()
                .filter(EnterRoot.class::isInstance)
                .map(EnterRoot.class::cast)
                .findFirst()
                .orElseThrow();
    }
}
