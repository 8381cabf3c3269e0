package io.jrun.runtime.plan;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.plan.PlanStep.ChangeDirectory;
import io.jrun.runtime.plan.PlanStep.Execute;
import io.jrun.runtime.spec.ImageSettings;
import java.util.List;

/** What runs in the container and where it begins: the caller's choice, else the image's. */
final class PayloadProgram {

    private static final ByteString SHELL = ByteString.of("/bin/sh");

    private final StartOptions options;
    private final HostFiles files;
    private final MountPlanner mounts;
    private final ImageFacts image;

    PayloadProgram(StartOptions options, HostFiles files, MountPlanner mounts, ImageFacts image) {
        this.options = options;
        this.files = files;
        this.mounts = mounts;
        this.image = image;
    }

    /** @param writable whether a missing directory can be made by the start itself */
    ChangeDirectory directory(boolean writable) throws JrunException {
        if (options.workingDirectory().isPresent()) {
            return chosenDirectory(options.workingDirectory().get(), writable);
        }
        if (image.settings().workingDirectory().isEmpty()) {
            return new ChangeDirectory(ByteString.of("/"), false, "default");
        }
        ByteString directory = image.settings().workingDirectory().get();
        if (!writable) {
            mounts.requireDirectory(directory, "start in " + directory + ", which the image asks for");
        }
        return new ChangeDirectory(directory, writable, "image config");
    }

    private ChangeDirectory chosenDirectory(ByteString directory, boolean writable) throws JrunException {
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

    Execute command() {
        ImageSettings settings = image.settings();
        if (!options.command().isEmpty()) {
            return new Execute(options.command(), List.of(), "line command");
        }
        if (settings.entrypoint().isEmpty() && settings.command().isEmpty()) {
            return new Execute(List.of(), List.of(SHELL), "default");
        }
        if (options.withoutEntrypoint()) {
            List<ByteString> command = settings.command().isEmpty() ? List.of(SHELL) : settings.command();
            return new Execute(List.of(), command, "option --no-entrypoint");
        }
        return new Execute(settings.entrypoint(), settings.command(), image.commandOrigin());
    }

    /** @param script host path of a start script, shown in place of the image's */
    Execute script(ByteString script) throws JrunException {
        if (files.stat(script).kind() != FileKind.REGULAR) {
            throw new NotFoundException(Failure.of("run the script " + script, "there is no such file (ENOENT)")
                    .hint("correct the path behind --rc"));
        }
        ByteString place = mounts.placeForFile(ForeignImage.SCRIPT).orElseThrow();
        mounts.addFile(script, place, false, "option --rc");
        return new Execute(List.of(SHELL, ByteString.of(ForeignImage.SCRIPT)), List.of(), "option --rc");
    }
}
