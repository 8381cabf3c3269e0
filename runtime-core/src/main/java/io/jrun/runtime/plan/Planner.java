package io.jrun.runtime.plan;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostCapabilities;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.PasswdEntry;
import io.jrun.runtime.host.RootfsResolver;
import io.jrun.runtime.host.RootfsResolver.Resolved;
import io.jrun.runtime.plan.PlanStep.ChangeDirectory;
import io.jrun.runtime.plan.PlanStep.DropCapabilities;
import io.jrun.runtime.plan.PlanStep.EnterNamespaces;
import io.jrun.runtime.plan.PlanStep.EnterRoot;
import io.jrun.runtime.plan.PlanStep.Execute;
import io.jrun.runtime.plan.PlanStep.FakeOwnership;
import io.jrun.runtime.plan.PlanStep.ForbidNewPrivileges;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.PlanStep.LeaveOldRoot;
import io.jrun.runtime.plan.PlanStep.MakeRootReadOnly;
import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.PlanStep.Restriction;
import io.jrun.runtime.plan.PlannedStart.MountPoint;
import io.jrun.runtime.plan.PlannedStart.SideFile;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import io.jrun.runtime.spec.ImageSettings;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Turns what the caller, the image and the host say into a {@link Plan}. Pure: the host is asked only through the
 * {@link HostFiles} it is given, and nothing is written; equal answers give equal plans.
 */
public final class Planner {

    /** Where the plan's own mount points lie in its side directory. */
    private static final String LAYER = "root";

    private static final int MAX_ACCOUNTS_BYTES = 16 << 20;

    /** Files of the host that a process needs to find its way, in the order of their mounts. */
    private static final List<String> CONFIG_FILES =
            List.of("/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/machine-id");

    private static final String LOCALTIME = "/etc/localtime";
    private static final String ZONES = "/usr/share/zoneinfo/";
    private static final String PASSWD = "/etc/passwd";
    private static final String GROUP = "/etc/group";
    private static final ByteString SHELL = ByteString.of("/bin/sh");

    private final StartRequest request;
    private final StartOptions options;
    private final HostFacts host;
    private final HostCapabilities capabilities;
    private final ImageSettings image;
    private final HostFiles files;
    private final MountPlanner mounts;
    private final List<PlanInput> inputs = new ArrayList<>();
    private final List<SideFile> sideFiles = new ArrayList<>();
    private final List<ByteString> sidePlaces = new ArrayList<>();
    private String timeZone = "";

    private Planner(
            StartRequest request, HostFacts host, HostCapabilities capabilities, ImageSettings image, HostFiles files) {
        this.request = request;
        this.options = request.options();
        this.host = host;
        this.capabilities = capabilities;
        this.image = image;
        this.files = files;
        this.mounts = new MountPlanner(request.rootfs(), files);
    }

    /**
     * Plans one start.
     *
     * @throws JrunException when the options contradict the grammar, the host or the container, or the host refuses user
     *     namespaces
     */
    public static PlannedStart plan(
            StartRequest request, HostFacts host, HostCapabilities capabilities, ImageSettings image, HostFiles files)
            throws JrunException {
        capabilities.requireUserNamespace();
        return new Planner(request, host, capabilities, image, files).plan();
    }

    private PlannedStart plan() throws JrunException {
        noteStandardInputs();
        List<MountRequest> requests = mountRequests();
        planSystemMounts(requests);
        planConfigFiles();
        for (MountRequest mount : requests) {
            mounts.add(mount);
        }
        PlanStep directory = directory();
        EnvironmentPolicy.Caller caller = caller();
        planAccounts(caller);
        return assemble(directory, EnvironmentPolicy.steps(options, host, image, caller, timeZone));
    }

    private void noteStandardInputs() {
        inputs.add(new PlanInput.Credentials(host.uid(), host.gid(), host.groups()));
        inputs.add(new PlanInput.KernelRelease(host.kernelRelease()));
        noteFile(request.record());
        noteFile(request.rootfs().plus(ByteString.of(ImageSettings.PATH_IN_ROOTFS)));
        noteFile(ByteString.of(PASSWD));
        noteFile(ByteString.of(GROUP));
    }

    private void noteFile(ByteString path) {
        inputs.add(PlanInput.File.of(path, files.stat(path)));
    }

    private List<MountRequest> mountRequests() throws UsageException {
        List<MountRequest> requests = new ArrayList<>();
        boolean relative = false;
        for (ByteString mount : options.mounts()) {
            MountRequest parsed = MountRequest.parse(mount, host.workingDirectory());
            relative |= parsed instanceof MountRequest.Bind bind && bind.relativeSource();
            requests.add(parsed);
        }
        if (relative) {
            inputs.add(new PlanInput.WorkingDirectory(host.workingDirectory()));
        }
        return requests;
    }

    /** The host's own file systems and its /tmp, but for those whose place the caller wants for something else. */
    private void planSystemMounts(List<MountRequest> requests) throws JrunException {
        Set<Restriction> none = EnumSet.noneOf(Restriction.class);
        planSystemMount(requests, "/proc", none);
        planSystemMount(requests, "/sys", Set.of(Restriction.READ_ONLY));
        planSystemMount(requests, "/dev", none);
        planSystemMount(requests, "/tmp", none);
    }

    private void planSystemMount(List<MountRequest> requests, String path, Set<Restriction> restrictions)
            throws JrunException {
        for (MountRequest request : requests) {
            if (request.target().equals(ByteString.of(path))) {
                return;
            }
        }
        mounts.addDefault(path, restrictions, "default");
    }

    private void planConfigFiles() throws JrunException {
        for (String path : CONFIG_FILES) {
            planHostFile(path);
        }
        planTimeZone();
    }

    private void planHostFile(String path) throws JrunException {
        FileKind kind = files.stat(ByteString.of(path)).kind();
        if (kind == FileKind.REGULAR) {
            mounts.addConfigFile(path, "host");
        } else {
            inputs.add(new PlanInput.File(ByteString.of(path), Optional.empty()));
        }
    }

    /**
     * An image whose /etc/localtime leads into its time zone database gets the host's zone by name: a mount would land on
     * a zone of the database and give that name a wrong meaning.
     */
    private void planTimeZone() throws JrunException {
        Resolved inside = mounts.look(ByteString.of(LOCALTIME));
        if (!inside.throughLink()) {
            planHostFile(LOCALTIME);
            return;
        }
        noteFile(ByteString.of(LOCALTIME));
        Optional<ByteString> link = files.readLink(ByteString.of(LOCALTIME));
        String target = link.isPresent() ? link.get().toString() : "";
        int at = target.indexOf(ZONES);
        if (at < 0 && target.startsWith("../usr/share/zoneinfo/")) {
            at = 2;
        }
        if (at < 0) {
            return;
        }
        String zone = target.substring(at + ZONES.length());
        if (mounts.look(ByteString.of(ZONES + zone)).kind() == FileKind.REGULAR) {
            timeZone = zone;
        }
    }

    private PlanStep directory() throws JrunException {
        boolean writable = options.rootAccess() == RootAccess.WRITABLE;
        if (options.workingDirectory().isPresent()) {
            ByteString directory = options.workingDirectory().get();
            String what = "start in " + directory;
            if (directory.isEmpty() || directory.byteAt(0) != '/') {
                throw new UsageException(Failure.of(what, "the working directory of -w is not absolute")
                        .hint("for example: -w /data"));
            }
            if (!writable && mounts.look(directory).kind() == FileKind.MISSING) {
                throw new NotFoundException(Failure.of(what, "the container has no such directory (ENOENT)")
                        .hint("bring it with -v SRC:" + directory + ", or make it with --rw"));
            }
            return new ChangeDirectory(directory, writable, "option -w");
        }
        if (image.workingDirectory().isEmpty()) {
            return new ChangeDirectory(ByteString.of("/"), false, "default");
        }
        ByteString directory = image.workingDirectory().get();
        if (!writable) {
            mounts.requireDirectory(directory, "start in " + directory + ", which the image asks for");
        }
        return new ChangeDirectory(directory, writable, "image config");
    }

    private EnvironmentPolicy.Caller caller() throws UsageException {
        if (!wantsAccounts()) {
            return new EnvironmentPolicy.Caller(ByteString.of("root"), home(ByteString.of("/root")), "option --root");
        }
        PasswdEntry entry = AccountFiles.caller(host, ByteString.of("/"), SHELL);
        ByteString wanted = host.account().isPresent() ? host.account().get().home() : ByteString.of("/");
        ByteString home = home(wanted);
        boolean found = home.equals(wanted);
        return new EnvironmentPolicy.Caller(
                entry.name(), home, found ? "host account" : "default: the account's is not in the container");
    }

    /** The caller's home where the container has it, or the root. */
    private ByteString home(ByteString wanted) throws UsageException {
        boolean absolute = !wanted.isEmpty() && wanted.byteAt(0) == '/';
        return absolute && mounts.hasDirectory(wanted) ? wanted : ByteString.of("/");
    }

    /** As root of the namespace the image's own accounts fit, and package managers must be able to change them. */
    private boolean wantsAccounts() {
        return options.identity() == Identity.SELF;
    }

    private void planAccounts(EnvironmentPolicy.Caller caller) throws JrunException {
        Optional<byte[]> passwd = imageFile(PASSWD);
        Optional<byte[]> group = imageFile(GROUP);
        if (wantsAccounts()) {
            PasswdEntry entry = AccountFiles.caller(host, caller.home(), shell());
            planSideFile(PASSWD, Optional.of(AccountFiles.passwd(passwd, entry)));
            planSideFile(GROUP, Optional.of(AccountFiles.group(group, host, entry.name())));
        } else {
            planSideFile(PASSWD, AccountFiles.passwdWithRoot(passwd));
            planSideFile(GROUP, AccountFiles.groupWithRoot(group));
        }
    }

    private void planSideFile(String path, Optional<ByteString> content) throws JrunException {
        if (content.isEmpty()) {
            return;
        }
        Optional<ByteString> place = mounts.placeForFile(path);
        if (place.isPresent()) {
            sideFiles.add(new SideFile(path.substring(path.lastIndexOf('/') + 1), content.get()));
            sidePlaces.add(place.get());
        }
    }

    private ByteString shell() throws UsageException {
        if (host.account().isEmpty()) {
            return SHELL;
        }
        ByteString wanted = host.account().get().shell();
        boolean absolute = !wanted.isEmpty() && wanted.byteAt(0) == '/';
        return absolute && mounts.look(wanted).kind() == FileKind.REGULAR ? wanted : SHELL;
    }

    /** A file of the image, from wherever its links lead within the root file system; an input of the plan. */
    private Optional<byte[]> imageFile(String path) throws JrunException {
        MountView rootfs = new MountView(request.rootfs(), files);
        Resolved found = RootfsResolver.resolve(rootfs, ByteString.of(path));
        ByteString place = request.rootfs().plus(found.path());
        noteFile(place);
        return found.kind() == FileKind.REGULAR ? files.read(place, MAX_ACCOUNTS_BYTES) : Optional.empty();
    }

    private PlannedStart assemble(PlanStep directory, List<PlanStep> environment) throws JrunException {
        Optional<ByteString> side = sideDirectory();
        if (side.isPresent()) {
            for (int i = 0; i < sideFiles.size(); i++) {
                ByteString source =
                        side.get().plus(ByteString.of("/" + sideFiles.get(i).name()));
                mounts.addFile(source, sidePlaces.get(i), false, accountsOrigin());
            }
        }
        boolean writable = options.rootAccess() == RootAccess.WRITABLE;
        List<PlanStep> steps = new ArrayList<>();
        steps.add(new EnterNamespaces(
                EnumSet.of(Namespace.USER, Namespace.MOUNT),
                options.identity(),
                wantsAccounts() ? "default" : "option --root"));
        steps.add(enterRoot(side, writable));
        steps.addAll(mounts.steps());
        steps.add(new LeaveOldRoot("default"));
        if (!writable) {
            steps.add(new MakeRootReadOnly("default"));
        }
        steps.addAll(environment);
        steps.add(new ForbidNewPrivileges("default"));
        if (wantsAccounts()) {
            steps.add(new DropCapabilities("default"));
        } else {
            steps.add(new FakeOwnership("option --root"));
        }
        steps.add(directory);
        steps.add(execute());
        inputs.addAll(mounts.inputs());
        return new PlannedStart(
                new Plan(options.prefix(), inputs, steps), side, sideFiles, mountPoints(side, writable));
    }

    private String accountsOrigin() {
        return wantsAccounts() ? "image's accounts and host account" : "image's accounts and root";
    }

    /** Named after what it holds, so that a plan being run never sees its files change. */
    private Optional<ByteString> sideDirectory() {
        boolean layer = options.rootAccess() == RootAccess.READ_ONLY
                && !mounts.missing().isEmpty();
        if (sideFiles.isEmpty() && !layer) {
            return Optional.empty();
        }
        List<ByteString> content = new ArrayList<>();
        for (SideFile file : sideFiles) {
            content.add(ByteString.of(file.name()));
            content.add(file.content());
        }
        for (MountPlanner.Point point : mounts.missing()) {
            content.add(ByteString.of(point.kind().name()).plus(point.path()));
        }
        return Optional.of(request.sideFiles().plus(ByteString.of("." + fingerprint(content))));
    }

    /** FNV-1a with 64 bits; what it tells apart are versions of the files of one plan. Source: draft-eastlake-fnv. */
    private static String fingerprint(List<ByteString> content) {
        long sum = 0xcbf29ce484222325L;
        for (ByteString text : content) {
            for (int i = 0; i < text.length(); i++) {
                sum = (sum ^ (text.byteAt(i) & 0xff)) * 0x100000001b3L;
            }
            sum *= 0x100000001b3L;
        }
        return Long.toHexString(sum);
    }

    private PlanStep enterRoot(Optional<ByteString> side, boolean writable) throws JrunException {
        String origin = writable ? "option --rw" : "default";
        if (writable || mounts.missing().isEmpty() || side.isEmpty()) {
            return new EnterRoot(request.rootfs(), List.of(), origin);
        }
        if (capabilities.noOverlay().isPresent()) {
            MountPlanner.Point point = mounts.missing().get(0);
            Failure refused = capabilities.noOverlay().get();
            throw new HostUnsupportedException(
                    Failure.of("make the mount point " + point.path() + " in a read-only container", refused.why())
                            .hint("start it once with --rw, which makes the mount point for good"));
        }
        return new EnterRoot(request.rootfs(), List.of(layer(side.get())), origin + ", with mount points it lacks");
    }

    private static ByteString layer(ByteString side) {
        return side.plus(ByteString.of("/" + LAYER));
    }

    private List<MountPoint> mountPoints(Optional<ByteString> side, boolean writable) {
        List<MountPoint> points = new ArrayList<>();
        for (MountPlanner.Point point : mounts.missing()) {
            if (writable || side.isPresent()) {
                ByteString tree = writable ? request.rootfs() : layer(side.get());
                points.add(new MountPoint(tree, point.path(), point.kind()));
            }
        }
        return points;
    }

    private PlanStep execute() {
        if (image.entrypoint().isEmpty() && image.command().isEmpty()) {
            return new Execute(List.of(), List.of(SHELL), "default");
        }
        return new Execute(image.entrypoint(), image.command(), "image config");
    }
}
