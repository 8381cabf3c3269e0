package io.jrun.cli.start;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.DeviceOptions;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.StartOptions;
import io.jrun.runtime.plan.StartOptions.HostVariables;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What a command line of {@code start} asks for, in the runtime's terms. */
final class StartChoices {

    /** The highest id; one more means "none". Source: credentials(7). */
    private static final long MAX_ID = 0xffff_fffeL;

    private StartChoices() {}

    static StartOptions of(StartArguments arguments) throws UsageException {
        StartOptions.Builder options = StartOptions.of(arguments.prefix(), arguments.name());
        rootAccess(arguments, options);
        identity(arguments, options);
        environment(arguments, options);
        options.mounts(arguments.all(StartOption.MOUNT)).withoutMounts(arguments.all(StartOption.NO_MOUNT));
        if (arguments.has(StartOption.HOME)) {
            options.home();
        }
        Optional<ByteString> directory = arguments.last(StartOption.WORKING_DIRECTORY);
        if (directory.isPresent()) {
            options.workingDirectory(directory.get());
        }
        Optional<ByteString> script = arguments.last(StartOption.SCRIPT);
        if (script.isPresent()) {
            options.script(script.get());
        }
        if (arguments.has(StartOption.NO_ENTRYPOINT)) {
            options.withoutEntrypoint();
        }
        Optional<ByteString> filter = arguments.last(StartOption.SECCOMP);
        if (filter.isPresent()) {
            options.filter(filter.get());
        }
        devices(arguments, options);
        if (arguments.file().isPresent()) {
            options.command(arguments.file().get().command())
                    .consulted(arguments.file().get().consulted());
        }
        return options.build();
    }

    private static void devices(StartArguments arguments, StartOptions.Builder options) {
        List<String> devices = new ArrayList<>();
        for (ByteString device : arguments.all(StartOption.DEVICE)) {
            devices.add(device.toString());
        }
        options.devices(new DeviceOptions(
                text(arguments, StartOption.GPU),
                devices,
                arguments.last(StartOption.DRIVER_ROOT),
                text(arguments, StartOption.DRIVER_CAPABILITIES)));
    }

    private static Optional<String> text(StartArguments arguments, StartOption option) {
        Optional<ByteString> value = arguments.last(option);
        return value.isPresent() ? Optional.of(value.get().toString()) : Optional.empty();
    }

    private static void rootAccess(StartArguments arguments, StartOptions.Builder options) {
        Optional<ByteString> overlay = arguments.last(StartOption.OVERLAY);
        if (overlay.isPresent()) {
            options.rootAccess(new RootAccess.Overlay(overlay.get()));
        } else if (arguments.has(StartOption.WRITABLE)) {
            options.rootAccess(RootAccess.WRITABLE);
        }
    }

    private static void identity(StartArguments arguments, StartOptions.Builder options) throws UsageException {
        OptionalLong uid = id(arguments, StartOption.UID);
        OptionalLong gid = id(arguments, StartOption.GID);
        Optional<ByteString> root = arguments.last(StartOption.ROOT);
        if (root.isPresent()) {
            options.identity(Identity.ROOT);
            if (isPlain(root.get())) {
                options.plainRoot();
            }
        } else if (uid.isPresent() || gid.isPresent()) {
            options.identity(new Identity(uid, gid));
        }
        if (arguments.has(StartOption.SUBORDINATE_IDS)) {
            options.subordinateIds();
        }
    }

    private static boolean isPlain(ByteString root) throws UsageException {
        boolean plain = root.equals(ByteString.of("plain"));
        if (!plain && !root.isEmpty()) {
            throw new UsageException(Failure.of("start a container", "--root knows no \"" + root + "\"")
                    .hint("write --root or --root=plain"));
        }
        return plain;
    }

    private static OptionalLong id(StartArguments arguments, StartOption option) throws UsageException {
        Optional<ByteString> text = arguments.last(option);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            long id = Long.parseLong(text.get().toString());
            if (id >= 0 && id <= MAX_ID) {
                return OptionalLong.of(id);
            }
        } catch (NumberFormatException saidBelow) {
            // Falls through to the one message for both.
        }
        String name = option.names().get(0);
        throw new UsageException(Failure.of("start a container", "\"" + text.get() + "\" behind " + name + " is no id")
                .hint("give a number from 0 to " + MAX_ID));
    }

    private static void environment(StartArguments arguments, StartOptions.Builder options) {
        options.environment(arguments.all(StartOption.ENVIRONMENT))
                .environmentFiles(arguments.all(StartOption.ENVIRONMENT_FILE))
                .dropped(arguments.all(StartOption.UNSET));
        if (arguments.has(StartOption.CLEAN_ENVIRONMENT)) {
            options.hostVariables(HostVariables.NONE);
        }
        List<ByteString> passed = new ArrayList<>();
        for (ByteString glob : arguments.all(StartOption.HOST_ENVIRONMENT)) {
            if (glob.isEmpty()) {
                options.hostVariables(HostVariables.ALL);
            } else {
                passed.add(glob);
            }
        }
        options.passed(passed);
    }
}
