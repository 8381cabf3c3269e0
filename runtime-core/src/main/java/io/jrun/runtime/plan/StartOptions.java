package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.config.Consulted;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the caller asked for, in his own bytes; what he left open is empty and may be configured.
 *
 * @param prefix his arguments behind "jrun" up to and including the container's name, or the file that names it
 * @param container what is started: a name, a path or a reference
 * @param environment "KEY=VALUE" sets, "KEY" copies at each start
 * @param environmentFiles host paths
 * @param passed patterns of his variables that reach the payload too
 * @param dropped patterns of variables that do not, whoever sets them but {@code environment}
 * @param mounts "SRC[:DST[:OPTS]]", see {@link MountParser}
 * @param withoutMounts names and places of mounts to leave out
 * @param script host path of a file that runs in the place of the image's entry point
 * @param withoutEntrypoint whether the command is run itself, not behind the image's entry point
 * @param filter host path of a seccomp profile, or "unconfined"
 * @param devices GPUs and other devices
 * @param subordinateIds whether his ranges of subuid(5) and subgid(5) are mapped too
 * @param plainRoot whether root inside is told when he cannot change an owner, instead of being answered success
 * @param command in the place of the image's entry point and command; empty for those
 * @param consulted what these options were read from
 */
public record StartOptions(
        List<ByteString> prefix,
        ByteString container,
        Optional<RootAccess> rootAccess,
        Optional<PlanStep.Identity> identity,
        Optional<HostVariables> hostVariables,
        List<ByteString> environment,
        List<ByteString> environmentFiles,
        List<ByteString> passed,
        List<ByteString> dropped,
        List<ByteString> mounts,
        List<ByteString> withoutMounts,
        boolean home,
        Optional<ByteString> workingDirectory,
        Optional<ByteString> script,
        boolean withoutEntrypoint,
        Optional<ByteString> filter,
        DeviceOptions devices,
        boolean subordinateIds,
        boolean plainRoot,
        List<ByteString> command,
        List<Consulted> consulted) {

    /** Whether the payload may change the container's root file system. */
    public sealed interface RootAccess {
        RootAccess READ_ONLY = new ReadOnly();
        RootAccess WRITABLE = new Writable();

        record ReadOnly() implements RootAccess {}

        /** For good: every later start finds what this one leaves. */
        record Writable() implements RootAccess {}

        /**
         * In a layer above.
         *
         * @param place "" for memory, a size in memory, or a host directory
         */
        record Overlay(ByteString place) implements RootAccess {}
    }

    /** Which of the caller's variables reach the payload, apart from those that options name. */
    public enum HostVariables {
        /** Those of his session and of his job. */
        POLICY,
        NONE,
        /** All that do not speak of the host's files. */
        ALL
    }

    public StartOptions {
        prefix = List.copyOf(prefix);
        environment = List.copyOf(environment);
        environmentFiles = List.copyOf(environmentFiles);
        passed = List.copyOf(passed);
        dropped = List.copyOf(dropped);
        mounts = List.copyOf(mounts);
        withoutMounts = List.copyOf(withoutMounts);
        command = List.copyOf(command);
        consulted = List.copyOf(consulted);
    }

    /** The same for something else. */
    public StartOptions withContainer(ByteString other) {
        return with(other, rootAccess);
    }

    public StartOptions withRootAccess(RootAccess other) {
        return with(container, Optional.of(other));
    }

    private StartOptions with(ByteString otherContainer, Optional<RootAccess> otherAccess) {
        return new StartOptions(
                prefix,
                otherContainer,
                otherAccess,
                identity,
                hostVariables,
                environment,
                environmentFiles,
                passed,
                dropped,
                mounts,
                withoutMounts,
                home,
                workingDirectory,
                script,
                withoutEntrypoint,
                filter,
                devices,
                subordinateIds,
                plainRoot,
                command,
                consulted);
    }

    /** A start of a container without any options. */
    public static Builder of(List<ByteString> prefix, ByteString container) {
        return new Builder(prefix, container);
    }

    /** Takes options in any order; lists keep theirs. */
    public static final class Builder {
        private final List<ByteString> prefix;
        private final ByteString container;
        private final List<ByteString> environment = new ArrayList<>();
        private final List<ByteString> environmentFiles = new ArrayList<>();
        private final List<ByteString> passed = new ArrayList<>();
        private final List<ByteString> dropped = new ArrayList<>();
        private final List<ByteString> mounts = new ArrayList<>();
        private final List<ByteString> withoutMounts = new ArrayList<>();
        private final List<ByteString> command = new ArrayList<>();
        private final List<Consulted> consulted = new ArrayList<>();
        private Optional<RootAccess> rootAccess = Optional.empty();
        private Optional<PlanStep.Identity> identity = Optional.empty();
        private Optional<HostVariables> hostVariables = Optional.empty();
        private Optional<ByteString> workingDirectory = Optional.empty();
        private Optional<ByteString> script = Optional.empty();
        private Optional<ByteString> filter = Optional.empty();
        private DeviceOptions devices = DeviceOptions.NONE;
        private boolean home;
        private boolean withoutEntrypoint;
        private boolean subordinateIds;
        private boolean plainRoot;

        private Builder(List<ByteString> prefix, ByteString container) {
            this.prefix = prefix;
            this.container = container;
        }

        public Builder rootAccess(RootAccess access) {
            rootAccess = Optional.of(access);
            return this;
        }

        public Builder identity(PlanStep.Identity chosen) {
            identity = Optional.of(chosen);
            return this;
        }

        public Builder hostVariables(HostVariables chosen) {
            hostVariables = Optional.of(chosen);
            return this;
        }

        public Builder environment(List<ByteString> settings) {
            environment.addAll(settings);
            return this;
        }

        public Builder environmentFiles(List<ByteString> files) {
            environmentFiles.addAll(files);
            return this;
        }

        public Builder passed(List<ByteString> globs) {
            passed.addAll(globs);
            return this;
        }

        public Builder dropped(List<ByteString> globs) {
            dropped.addAll(globs);
            return this;
        }

        public Builder mounts(List<ByteString> options) {
            mounts.addAll(options);
            return this;
        }

        public Builder withoutMounts(List<ByteString> names) {
            withoutMounts.addAll(names);
            return this;
        }

        public Builder home() {
            home = true;
            return this;
        }

        public Builder workingDirectory(ByteString directory) {
            workingDirectory = Optional.of(directory);
            return this;
        }

        public Builder script(ByteString file) {
            script = Optional.of(file);
            return this;
        }

        public Builder withoutEntrypoint() {
            withoutEntrypoint = true;
            return this;
        }

        public Builder filter(ByteString profile) {
            filter = Optional.of(profile);
            return this;
        }

        public Builder devices(DeviceOptions asked) {
            devices = asked;
            return this;
        }

        public Builder command(List<ByteString> words) {
            command.addAll(words);
            return this;
        }

        public Builder consulted(List<Consulted> sources) {
            consulted.addAll(sources);
            return this;
        }

        public Builder plainRoot() {
            plainRoot = true;
            return this;
        }

        public Builder subordinateIds() {
            subordinateIds = true;
            return this;
        }

        public StartOptions build() {
            return new StartOptions(
                    prefix,
                    container,
                    rootAccess,
                    identity,
                    hostVariables,
                    environment,
                    environmentFiles,
                    passed,
                    dropped,
                    mounts,
                    withoutMounts,
                    home,
                    workingDirectory,
                    script,
                    withoutEntrypoint,
                    filter,
                    devices,
                    subordinateIds,
                    plainRoot,
                    command,
                    consulted);
        }
    }
}
