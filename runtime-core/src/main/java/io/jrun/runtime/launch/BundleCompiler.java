package io.jrun.runtime.launch;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.ConfigurationReader;
import io.jrun.runtime.host.GroupEntry;
import io.jrun.runtime.host.HostCapabilities;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.HostReader;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.host.PasswdEntry;
import io.jrun.runtime.plan.Devices;
import io.jrun.runtime.plan.Machine;
import io.jrun.runtime.plan.Plan;
import io.jrun.runtime.plan.PlanEncoder;
import io.jrun.runtime.plan.PlanStep;
import io.jrun.runtime.plan.PlanStep.BindMount;
import io.jrun.runtime.plan.PlanStep.EnterNamespaces;
import io.jrun.runtime.plan.PlanStep.EnterRoot;
import io.jrun.runtime.plan.PlanStep.ForbidNewPrivileges;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.PlanStep.LeaveOldRoot;
import io.jrun.runtime.plan.PlanStep.MountImage;
import io.jrun.runtime.plan.PlanStep.SetVariable;
import io.jrun.runtime.plan.PlannedStart;
import io.jrun.runtime.plan.PlannedStart.SideFile;
import io.jrun.runtime.plan.Planner;
import io.jrun.runtime.plan.StartOptions;
import io.jrun.runtime.plan.StartRequest;
import io.jrun.runtime.spec.ImageSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Compiles starts for hosts and users that are not known: the planner plans for a host that has what all have and a
 * caller who is nobody, and what speaks of him is then replaced by steps that look when they are run.
 *
 * <p>The program in front of a bundle runs such a plan in a directory that holds the places "rootfs" and "accounts".
 */
public final class BundleCompiler {

    private static final ByteString ROOTFS = ByteString.of("rootfs");
    private static final ByteString ACCOUNTS = ByteString.of("accounts");
    private static final ByteString FILE_VARIABLE = ByteString.of("JRUN_BUNDLE_FILE");
    private static final ByteString HELPER_VARIABLE = ByteString.of("JRUN_BUNDLE_HELPER");

    /** No image has an account like it. */
    private static final ByteString NOBODY = ByteString.of("jrun.caller");

    private static final long NO_ID = 0xffff_fff0L;
    private static final String ORIGIN = "bundle";
    private static final ByteString HOME = ByteString.of("HOME");

    private final HostFiles image;
    private final StartOptions options;
    private final LaunchOptions launch;
    private final Machine machine;
    private final int build;

    /**
     * @param image the tree of the image
     * @param machine that the image is for
     * @param build of the program in front of the bundle
     */
    public BundleCompiler(HostFiles image, StartOptions options, LaunchOptions launch, Machine machine, int build) {
        this.image = image;
        this.options = options;
        this.launch = launch;
        this.machine = machine;
        this.build = build;
    }

    /** For an image that squashfuse mounts. */
    public byte[] forMountedAt(long offset) throws JrunException {
        return encode(Optional.of(
                new MountImage(FILE_VARIABLE, ROOTFS, HELPER_VARIABLE, offset, MountImage.Paths.IN_VARIABLES, ORIGIN)));
    }

    /** For an image that was extracted. */
    public byte[] forExtracted() throws JrunException {
        return encode(Optional.empty());
    }

    private byte[] encode(Optional<MountImage> mount) throws JrunException {
        if (!launch.resources().equals(Resources.NONE)) {
            throw new UsageException(Failure.of(
                            "make a bundle with limits",
                            "where a cgroup can be made differs from host to host (EINVAL)")
                    .hint("leave the limits out, and start it by: systemd-run --user --scope -p MemoryMax=4G"));
        }
        PlannedStart planned = plan();
        List<PlanStep> steps = new LaunchSteps(
                        planned.plan().steps(), launch, mount, List.of(), Optional.empty(), ORIGIN, "")
                .toList(options.container());
        return PlanEncoder.encode(new Plan(List.of(), List.of(), generalized(steps, planned)), machine, build);
    }

    private PlannedStart plan() throws JrunException {
        HostFiles here = new KernelFiles();
        HostFiles files = new MountedImage(new GeneralHost(here), ROOTFS, image);
        HostFacts facts = new HostReader(here).read();
        StartRequest request = new StartRequest(
                options,
                ConfigurationReader.read(files, Map.of()),
                ROOTFS,
                ROOTFS,
                ACCOUNTS,
                settings -> Devices.none(List.of()));
        PlannedStart planned = Planner.plan(
                request, nobody(facts), new HostCapabilities(Optional.empty(), Optional.empty()), settings(), files);
        for (PlanStep step : planned.plan().steps()) {
            if (step instanceof PlanStep.MountSquashfs squashfs) {
                throw new UsageException(Failure.of(
                                "bundle the image",
                                "another image, " + squashfs.image() + ", cannot be mounted in it (ENOTSUP)")
                        .hint("mount it on the host, and show that with -v"));
            }
        }
        if (!planned.mountPoints().isEmpty()) {
            ByteString path = planned.mountPoints().get(0).path();
            throw new UsageException(Failure.of("bundle the image", "nothing can be mounted on " + path + " (ENOENT)")
                    .hint("leave it out with --no-mount, or name another target"));
        }
        return planned;
    }

    private static HostFacts nobody(HostFacts here) {
        ByteString slash = ByteString.of("/");
        PasswdEntry account = new PasswdEntry(NOBODY, NO_ID, NO_ID, ByteString.of(""), slash, ByteString.of("/bin/sh"));
        return new HostFacts(
                NO_ID,
                NO_ID,
                List.of(),
                Optional.of(account),
                List.of(new GroupEntry(NOBODY, NO_ID)),
                here.kernelRelease(),
                here.workingDirectory(),
                Map.of());
    }

    private ImageSettings settings() throws JrunException {
        Optional<byte[]> document = image.read(ByteString.of(ImageSettings.PATH_IN_ROOTFS), ImageSettings.MAX_BYTES);
        return document.isPresent()
                ? ImageSettings.parse(document.get(), ImageSettings.PATH_IN_ROOTFS)
                : ImageSettings.none();
    }

    private List<PlanStep> generalized(List<PlanStep> steps, PlannedStart planned) {
        Identity identity = Identity.SELF;
        for (PlanStep step : planned.plan().steps()) {
            identity = step instanceof EnterNamespaces enter ? enter.identity() : identity;
        }
        List<PlanStep> general = new ArrayList<>();
        for (PlanStep step : steps) {
            if (step instanceof EnterRoot && !planned.sideFiles().isEmpty()) {
                general.add(accounts(planned.sideFiles(), identity));
            } else if (step instanceof LeaveOldRoot) {
                general.add(new PlanStep.BindGivenMounts("option -v"));
            } else if (step instanceof ForbidNewPrivileges) {
                general.add(new PlanStep.SetGivenVariables("option -e"));
            }
            general.add(generalized(step, planned));
            if (identity.isSelf()
                    && step instanceof SetVariable set
                    && set.name().equals(HOME)) {
                general.add(new PlanStep.HomeOfCaller("caller"));
            }
        }
        return general;
    }

    /** LOGNAME is set with USER, which comes before it. */
    private static PlanStep generalized(PlanStep step, PlannedStart planned) {
        if (step instanceof SetVariable set && set.value().equals(NOBODY)) {
            return new PlanStep.NameCaller("caller");
        }
        boolean own = step instanceof BindMount bind
                && planned.sideDirectory().isPresent()
                && MountedImage.covers(planned.sideDirectory().get(), bind.source());
        if (!own) {
            return step;
        }
        BindMount bind = (BindMount) step;
        int directory = planned.sideDirectory().get().length();
        return new BindMount(
                ACCOUNTS.plus(bind.source().substring(directory)),
                bind.target(),
                bind.recursive(),
                bind.optional(),
                bind.restrictions(),
                bind.origin());
    }

    private static PlanStep accounts(List<SideFile> files, Identity identity) {
        boolean ofCaller = false;
        List<SideFile> general = new ArrayList<>();
        for (SideFile file : files) {
            ByteString content = withoutNobody(file.content());
            ofCaller |= content.length() < file.content().length();
            general.add(new SideFile(file.name(), content));
        }
        return new PlanStep.WriteAccounts(
                ACCOUNTS, ofCaller ? Optional.of(identity) : Optional.empty(), general, "caller");
    }

    private static ByteString withoutNobody(ByteString content) {
        ByteString kept = ByteString.of("");
        int from = 0;
        while (from < content.length()) {
            int end = content.indexOf('\n', from) + 1;
            ByteString line = content.substring(from, end == 0 ? content.length() : end);
            if (!line.startsWith(NOBODY + ":")) {
                kept = kept.plus(line);
            }
            from += line.length();
        }
        return kept;
    }
}
