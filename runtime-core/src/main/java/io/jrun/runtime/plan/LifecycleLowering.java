package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.LifecycleStep.StateFiles;
import io.jrun.runtime.plan.TapeAssembler.Label;
import java.util.List;

/** Turns the steps in the life of a container into instructions, one after the other. */
final class LifecycleLowering {

    private static final int ENXIO = 6;
    private static final int F_SETFL = 4;
    private static final int GATE = 9;

    private final TapeAssembler tape;
    private final LifecycleCalls life;
    private final CallAssembler calls;
    private final RootLowering root;
    private final ProcessLowering process;
    private final NamespaceLowering names;
    private final HookLowering hooks;
    private final StateRemoval states;
    private final CreationLowering creation;
    private final ContainerNamespaceLowering namespaces;
    private final ContainerMountLowering mounts;
    private final CredentialLowering credentials;
    private final ConsoleLowering console;

    LifecycleLowering(TapeAssembler tape, Machine machine) {
        this.tape = tape;
        this.calls = new CallAssembler(tape, machine);
        this.life = new LifecycleCalls(calls);
        MountCalls mountCalls = new MountCalls(calls);
        ProgramLowering programs = new ProgramLowering(calls);
        this.root = new RootLowering(calls, mountCalls, new OverlayLowering(calls, mountCalls));
        this.process = new ProcessLowering(calls);
        this.names = new NamespaceLowering(calls, programs, new ImageLowering(calls, programs));
        this.hooks = new HookLowering(life, programs);
        this.states = new StateRemoval(calls);
        this.creation = new CreationLowering(life, hooks, programs, states);
        this.namespaces = new ContainerNamespaceLowering(life, programs);
        this.mounts = new ContainerMountLowering(life, mountCalls, root);
        this.credentials = new CredentialLowering(life);
        this.console = new ConsoleLowering(life, mounts);
    }

    void lowerAll(List<LifecycleStep> steps) {
        for (LifecycleStep step : steps) {
            if (!lowerMount(step) && !lowerCredential(step) && !lowerCommand(step)) {
                lowerCreation(step);
            }
        }
    }

    private void lowerCreation(LifecycleStep step) {
        if (step instanceof LifecycleStep.MakeContainer make) {
            creation.make(make);
        } else if (step instanceof LifecycleStep.EnterNamespaces enter) {
            namespaces.enter(enter);
            creation.forkContainer();
            if (!creation.isAttached()) {
                calls.call(SystemCall.SETSID, Fault.of("make a session"));
            }
        } else if (step instanceof LifecycleStep.AwaitRuntimeHooks) {
            creation.awaitRuntimeHooks();
        } else if (step instanceof LifecycleStep.RunHooks run) {
            hooks.run(run.hooks(), creation.errors());
        } else if (step instanceof LifecycleStep.AwaitStart) {
            creation.awaitStart();
        } else if (step instanceof LifecycleStep.FindProgram find) {
            creation.findProgram(find);
        } else if (step instanceof LifecycleStep.RunProgram run) {
            creation.run(run);
        } else if (step instanceof LifecycleStep.ConnectConsole connect) {
            console.connect(connect);
        } else if (step instanceof LifecycleStep.AttachConsole attach) {
            if (creation.isAttached()) {
                calls.call(SystemCall.SETSID, Fault.of("make a session"));
            }
            console.attach(attach);
        } else if (step instanceof LifecycleStep.Common common) {
            lowerCommon(common.step());
        } else {
            throw new IllegalArgumentException("no instructions are known for " + step);
        }
    }

    private void lowerCommon(PlanStep step) {
        if (step instanceof PlanStep.LeaveOldRoot) {
            root.leaveOldRoot();
        } else if (step instanceof PlanStep.MakeRootReadOnly) {
            root.makeRootReadOnly();
        } else if (step instanceof PlanStep.SetHostName name) {
            names.setHostName(name);
        } else if (step instanceof PlanStep.RaiseLoopback) {
            names.raiseLoopback();
        } else if (step instanceof PlanStep.ChangeDirectory change) {
            process.changeDirectory(change);
        } else if (step instanceof PlanStep.ForbidNewPrivileges) {
            process.forbidNewPrivileges();
        } else if (step instanceof PlanStep.InstallFilter filter) {
            process.installFilter(filter);
        } else {
            throw new IllegalArgumentException("no step in the life of a container: " + step);
        }
    }

    private boolean lowerMount(LifecycleStep step) {
        if (step instanceof LifecycleStep.PrepareRoot prepare) {
            mounts.prepareRoot(prepare);
        } else if (step instanceof LifecycleStep.Mount mount) {
            mounts.mount(mount);
        } else if (step instanceof LifecycleStep.MakeDevice device) {
            mounts.makeDevice(device);
        } else if (step instanceof LifecycleStep.MakeLink link) {
            mounts.makeLink(link);
        } else if (step instanceof LifecycleStep.Mask mask) {
            mounts.mask(mask);
        } else if (step instanceof LifecycleStep.Protect protect) {
            mounts.protect(protect);
        } else if (step instanceof LifecycleStep.SetRootPropagation propagation) {
            mounts.propagateRoot(propagation);
        } else {
            return false;
        }
        return true;
    }

    private boolean lowerCredential(LifecycleStep step) {
        if (step instanceof LifecycleStep.WriteFile write) {
            credentials.writeFile(write);
        } else if (step instanceof LifecycleStep.SetLimit limit) {
            credentials.setLimit(limit);
        } else if (step instanceof LifecycleStep.NarrowBounds bounds) {
            credentials.narrowBounds(bounds);
        } else if (step instanceof LifecycleStep.SetUser user) {
            credentials.setUser(user);
            creation.dieWithCaller();
        } else if (step instanceof LifecycleStep.SetCapabilities capabilities) {
            credentials.setCapabilities(capabilities);
        } else if (step instanceof LifecycleStep.SetUmask umask) {
            calls.call(SystemCall.UMASK, Fault.of("set the umask"), number(umask.mask()));
        } else if (step instanceof LifecycleStep.SetPersonality personality) {
            calls.call(SystemCall.PERSONALITY, Fault.of("set the personality"), number(personality.domain()));
        } else if (step instanceof LifecycleStep.CloseFrom from) {
            credentials.closeFrom(from);
        } else if (step instanceof LifecycleStep.SetDomainName name) {
            calls.call(
                    SystemCall.SETDOMAINNAME,
                    Fault.of(LifecycleCalls.words("set the domain name ", name.name())),
                    tape.string(name.name()),
                    number(name.name().length()));
        } else {
            return false;
        }
        return true;
    }

    private boolean lowerCommand(LifecycleStep step) {
        if (step instanceof LifecycleStep.BecomeOwner owner) {
            credentials.becomeOwner(owner);
        } else if (step instanceof LifecycleStep.Release release) {
            release(release.directory());
        } else if (step instanceof LifecycleStep.Signal signal) {
            credentials.signal(signal);
        } else if (step instanceof LifecycleStep.Kill kill) {
            credentials.kill(kill.process(), true);
        } else if (step instanceof LifecycleStep.AwaitEnd end) {
            credentials.kill(end.process(), false);
        } else if (step instanceof LifecycleStep.RemoveState remove) {
            states.remove(remove.directory(), remove.controlGroup());
        } else if (step instanceof LifecycleStep.RunLateHooks late) {
            hooks.runLate(late.hooks());
        } else if (step instanceof LifecycleStep.End) {
            life.exit(0);
        } else {
            return false;
        }
        return true;
    }

    /** A writer without a reader is refused, so a container that no longer waits is not started twice. */
    private void release(ByteString directory) {
        Fault fault = Fault.of("start the container")
                .because(ENXIO, "it does not wait to be started", "`jrun oci state` shows its status");
        Label started = new Label();
        Label failed = new Label();
        int flags = LifecycleCalls.O_WRONLY | LifecycleCalls.O_NONBLOCK;
        life.open(GATE, LifecycleCalls.file(directory, StateFiles.GATE), flags, 0, fault);
        ByteString answer = LifecycleCalls.file(directory, StateFiles.ANSWER);
        life.open(LifecycleCalls.ANSWER_IN, answer, LifecycleCalls.O_NONBLOCK, 0, fault);
        calls.call(SystemCall.FCNTL, fault, register(LifecycleCalls.ANSWER_IN), number(F_SETFL), number(0));
        calls.call(SystemCall.WRITE, fault, register(GATE), tape.string("1"), number(1));
        creation.passAnswer(fault, failed);
        tape.addJump(PlanFormat.OP_JUMP, started);
        tape.mark(failed);
        life.exit(1);
        tape.mark(started);
    }
}
