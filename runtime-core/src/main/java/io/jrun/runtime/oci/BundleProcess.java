package io.jrun.runtime.oci;

import io.jrun.error.CorruptDataException;
import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.LifecycleStep;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;

/** {@code process} of a bundle. Source: OCI runtime-spec 1.2, config.md, "Process". */
final class BundleProcess {

    private static final int DEFAULT_UMASK = 0022;

    /** In the order of their numbers. Source: asm-generic/resource.h. */
    private static final List<String> LIMITS = List.of(
            "RLIMIT_CPU",
            "RLIMIT_FSIZE",
            "RLIMIT_DATA",
            "RLIMIT_STACK",
            "RLIMIT_CORE",
            "RLIMIT_RSS",
            "RLIMIT_NPROC",
            "RLIMIT_NOFILE",
            "RLIMIT_MEMLOCK",
            "RLIMIT_AS",
            "RLIMIT_LOCKS",
            "RLIMIT_SIGPENDING",
            "RLIMIT_MSGQUEUE",
            "RLIMIT_NICE",
            "RLIMIT_RTPRIO",
            "RLIMIT_RTTIME");

    private static final List<String> UNSUPPORTED = List.of("scheduler", "ioPriority", "execCPUAffinity");

    private final ConfigNode process;

    BundleProcess(ConfigNode process) throws JrunException {
        this.process = process;
        for (String key : UNSUPPORTED) {
            Optional<ConfigNode> member = process.member(key);
            if (member.isPresent() && member.get().isDemand()) {
                throw member.get().unsupported("it is not supported");
            }
        }
    }

    ConfigNode node() {
        return process;
    }

    /** A bundle need not name a program before it is started. */
    private boolean isAbsent() throws CorruptDataException {
        return process.keys().isEmpty();
    }

    /** None when there is no process, which the start then refuses. */
    List<ByteString> arguments() throws CorruptDataException {
        if (isAbsent()) {
            return List.of();
        }
        List<ByteString> arguments = new ArrayList<>();
        for (String argument : process.strings("args")) {
            arguments.add(ByteString.of(argument));
        }
        if (arguments.isEmpty()) {
            throw process.malformed("without args, which name the program");
        }
        return arguments;
    }

    /** The last of equal names counts. */
    Map<ByteString, ByteString> environment() throws CorruptDataException {
        Map<ByteString, ByteString> variables = new LinkedHashMap<>();
        for (ConfigNode entry : process.items("env")) {
            String text = entry.text();
            int equals = text.indexOf('=');
            if (equals <= 0) {
                throw entry.malformed("no NAME=value");
            }
            variables.put(ByteString.of(text.substring(0, equals)), ByteString.of(text.substring(equals + 1)));
        }
        return variables;
    }

    ByteString directory() throws CorruptDataException {
        if (isAbsent()) {
            return ByteString.of("/");
        }
        String directory = process.required("cwd").text();
        if (!directory.startsWith("/")) {
            throw process.required("cwd").malformed("not absolute");
        }
        return ByteString.of(directory);
    }

    boolean forbidsNewPrivileges() throws CorruptDataException {
        return process.flag("noNewPrivileges");
    }

    boolean hasTerminal() throws CorruptDataException {
        return process.flag("terminal");
    }

    /** @param first whether it is the container's own */
    LifecycleStep.AttachConsole console(boolean first) throws CorruptDataException {
        ConfigNode size = process.object("consoleSize");
        return new LifecycleStep.AttachConsole(
                process.object("user").id("uid"),
                (int) size.integer("height").orElse(0),
                (int) size.integer("width").orElse(0),
                first);
    }

    Optional<LifecycleStep> memoryScore() throws CorruptDataException {
        OptionalLong score = process.integer("oomScoreAdj");
        if (score.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new LifecycleStep.WriteFile(
                ByteString.of("/proc/self/oom_score_adj"),
                ByteString.of(Long.toString(score.getAsLong())),
                "set process.oomScoreAdj"));
    }

    List<LifecycleStep> limits() throws CorruptDataException {
        List<LifecycleStep> limits = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (ConfigNode entry : process.items("rlimits")) {
            String type = entry.required("type").text();
            int number = LIMITS.indexOf(type);
            if (number < 0) {
                throw entry.malformed("of the unknown type \"" + type + "\"");
            }
            if (!seen.add(type)) {
                throw entry.malformed("the second of type " + type);
            }
            long soft = entry.required("soft").number();
            long hard = entry.required("hard").number();
            if (Long.compareUnsigned(soft, hard) > 0) {
                throw entry.malformed("softer than it is hard");
            }
            limits.add(new LifecycleStep.SetLimit(number, soft, hard, type));
        }
        return limits;
    }

    LifecycleStep umask() throws CorruptDataException {
        return new LifecycleStep.SetUmask(
                (int) process.object("user").integer("umask").orElse(DEFAULT_UMASK) & 0777);
    }

    /** @param setsGroups whether the additional groups can be set */
    LifecycleStep.SetUser user(boolean setsGroups) throws JrunException {
        ConfigNode user = process.object("user");
        List<Long> groups = new ArrayList<>();
        for (ConfigNode group : user.items("additionalGids")) {
            groups.add(group.number());
        }
        if (!setsGroups && !groups.isEmpty()) {
            throw user.required("additionalGids").unsupported("this user namespace lets nobody set groups");
        }
        return new LifecycleStep.SetUser(
                user.id("uid"), user.id("gid"), setsGroups ? Optional.of(groups) : Optional.empty());
    }

    /**
     * The bounding set, before the user changes, and the others, behind it.
     *
     * @param available what the caller has to give
     * @param notes told of capabilities that he has not
     */
    List<LifecycleStep> capabilities(long available, Consumer<String> notes) throws CorruptDataException {
        ConfigNode sets = process.object("capabilities");
        long bounding = given(sets, "bounding", available, notes);
        long permitted = given(sets, "permitted", available, notes);
        long effective = given(sets, "effective", available, notes) & permitted;
        long inheritable = given(sets, "inheritable", available, notes);
        long ambient = given(sets, "ambient", available, notes) & permitted & inheritable;
        return List.of(
                new LifecycleStep.NarrowBounds(bounding),
                new LifecycleStep.SetCapabilities(effective, permitted, inheritable, ambient));
    }

    private static long given(ConfigNode sets, String key, long available, Consumer<String> notes)
            throws CorruptDataException {
        long asked = Capability.bits(sets, key);
        long missing = asked & ~available;
        if (missing != 0) {
            List<String> names = new ArrayList<>();
            for (int i = 0; i < Capability.NAMES.size(); i++) {
                if ((missing >>> i & 1) == 1) {
                    names.add(Capability.NAMES.get(i));
                }
            }
            notes.accept("process.capabilities." + key + ": the caller has no " + String.join(", ", names)
                    + " to give; the container goes without");
        }
        return asked & available;
    }
}
