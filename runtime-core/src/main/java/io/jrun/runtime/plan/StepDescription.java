package io.jrun.runtime.plan;

import io.jrun.json.JsonValue;
import io.jrun.posix.ByteString;
import io.jrun.runtime.cgroup.CgroupPlace;
import io.jrun.runtime.cgroup.Limit;
import io.jrun.runtime.plan.PlanStep.BindMount;
import io.jrun.runtime.plan.PlanStep.ChangeDirectory;
import io.jrun.runtime.plan.PlanStep.CopyVariable;
import io.jrun.runtime.plan.PlanStep.DropCapabilities;
import io.jrun.runtime.plan.PlanStep.DropVariables;
import io.jrun.runtime.plan.PlanStep.EnterNamespaces;
import io.jrun.runtime.plan.PlanStep.EnterRoot;
import io.jrun.runtime.plan.PlanStep.Execute;
import io.jrun.runtime.plan.PlanStep.FakeOwnership;
import io.jrun.runtime.plan.PlanStep.ForbidNewPrivileges;
import io.jrun.runtime.plan.PlanStep.InstallFilter;
import io.jrun.runtime.plan.PlanStep.LeaveOldRoot;
import io.jrun.runtime.plan.PlanStep.MakeRootReadOnly;
import io.jrun.runtime.plan.PlanStep.MountOverlay;
import io.jrun.runtime.plan.PlanStep.MountTmpfs;
import io.jrun.runtime.plan.PlanStep.OverlayUpper;
import io.jrun.runtime.plan.PlanStep.PassVariables;
import io.jrun.runtime.plan.PlanStep.Restriction;
import io.jrun.runtime.plan.PlanStep.SetVariable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One step in words.
 *
 * @param object what it acts on
 * @param options how
 * @param members the same for machines, in a fixed order
 */
record StepDescription(String name, String object, String options, Map<String, JsonValue> members) {

    StepDescription {
        members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
    }

    static StepDescription of(PlanStep step) {
        if (step instanceof EnterNamespaces enter) {
            return enterNamespaces(enter);
        } else if (step instanceof EnterRoot enter) {
            return enterRoot(enter);
        } else if (step instanceof BindMount bind) {
            return bindMount(bind);
        } else if (step instanceof MountTmpfs tmpfs) {
            return mountTmpfs(tmpfs);
        } else if (step instanceof PlanStep.Shown shown) {
            return shown(shown);
        } else if (step instanceof LeaveOldRoot) {
            return plain("leave-old-root");
        } else if (step instanceof MakeRootReadOnly) {
            return plain("make-root-read-only");
        } else if (step instanceof PlanStep.BecomeCaller become) {
            String identity = become.identity().toString();
            return new StepDescription(
                    "become-caller", "", "identity=" + identity, Map.of("identity", JsonValue.of(identity)));
        } else if (step instanceof PlanStep.MountImage mount) {
            return mountImage(mount);
        } else if (step instanceof PlanStep.MountSquashfs squashfs) {
            return one("mount-squashfs", "target", squashfs.target());
        } else if (step instanceof PlanStep.WriteAccounts accounts) {
            return one("write-accounts", "directory", accounts.directory());
        } else if (step instanceof PlanStep.NameCaller) {
            return plain("name-caller");
        } else if (step instanceof PlanStep.SetGivenVariables) {
            return plain("set-given-variables");
        } else if (step instanceof PlanStep.BindGivenMounts) {
            return plain("bind-given-mounts");
        } else if (step instanceof PlanStep.JoinNamespaces join) {
            return joinNamespaces(join);
        } else if (step instanceof PlanStep.EnterProcess enter) {
            return enterProcess(enter);
        } else if (step instanceof PlanStep.EnterCgroup cgroup) {
            return enterCgroup(cgroup);
        } else if (step instanceof PlanStep.OfferNamespaces) {
            return plain("offer-namespaces");
        } else if (step instanceof PlanStep.RaiseLoopback) {
            return plain("raise-loopback");
        } else if (step instanceof PlanStep.StartClock) {
            return plain("start-clock");
        } else if (step instanceof PlanStep.TellCost tell) {
            return one("tell-cost", "text", tell.text());
        } else if (step instanceof PlanStep.HomeOfCaller) {
            return plain("home-of-caller");
        } else if (step instanceof PlanStep.SetHostName name) {
            return one("set-host-name", "name", name.name());
        } else if (step instanceof PlanStep.ShowNamespace show) {
            return one("mount-" + NamespaceView.type(show.namespace()), "target", show.target());
        } else if (step instanceof PlanStep.MarkProcess mark) {
            return one("mark-process", "container", mark.container());
        } else if (step instanceof PlanStep.RunProgram run) {
            return runProgram(run);
        } else if (step instanceof PlanStep.OpenEnvironmentFile) {
            return plain("open-environment-file");
        } else if (step instanceof PlanStep.OpenMountFile) {
            return plain("open-mount-file");
        } else if (step instanceof PlanStep.MountLines lines) {
            return new StepDescription(
                    "mount-lines",
                    "",
                    lines.makesPoints() ? "x-create" : "",
                    Map.of("makesPoints", JsonValue.of(lines.makesPoints())));
        } else if (step instanceof PlanStep.MergeEnvironmentFile) {
            return plain("merge-environment-file");
        } else if (step instanceof FakeOwnership) {
            return plain("fake-ownership");
        } else if (step instanceof MountOverlay overlay) {
            return mountOverlay(overlay);
        } else if (step instanceof InstallFilter filter) {
            return installFilter(filter);
        } else if (step instanceof DropCapabilities) {
            return plain("drop-capabilities");
        } else if (step instanceof ForbidNewPrivileges) {
            return plain("forbid-new-privileges");
        } else if (step instanceof ChangeDirectory change) {
            return changeDirectory(change);
        } else if (step instanceof Execute execute) {
            return execute(execute);
        }
        return variable(step);
    }

    private static StepDescription variable(PlanStep step) {
        if (step instanceof PassVariables pass) {
            return new StepDescription(
                    "pass-variables",
                    String.join(" ", pass.globs()),
                    "",
                    Map.of("globs", JsonValue.ofStrings(pass.globs())));
        } else if (step instanceof DropVariables drop) {
            return new StepDescription(
                    "drop-variables",
                    String.join(" ", drop.globs()),
                    "",
                    Map.of("globs", JsonValue.ofStrings(drop.globs())));
        } else if (step instanceof CopyVariable copy) {
            return new StepDescription("copy-variable", copy.name().toString(), "", Map.of("name", text(copy.name())));
        } else if (step instanceof PlanStep.StepVariable set) {
            String value = stepValue(set.value());
            return new StepDescription(
                    "step-variable",
                    set.name() + "=" + value,
                    "in a step of Slurm",
                    Map.of("name", text(set.name()), "value", JsonValue.of(value)));
        } else if (step instanceof SetVariable set) {
            Map<String, JsonValue> members = new LinkedHashMap<>();
            members.put("name", text(set.name()));
            members.put("value", text(set.value()));
            return new StepDescription("set-variable", set.name() + "=" + set.value(), "", members);
        }
        throw new IllegalArgumentException("no words for " + step);
    }

    private static String stepValue(PlanStep.StepValue value) {
        if (value instanceof PlanStep.StepValue.Text text) {
            return text.text().toString();
        } else if (value instanceof PlanStep.StepValue.Copied number) {
            return "$" + number.variable();
        }
        return value == PlanStep.StepValue.Derived.PORT ? "PORT" : "1";
    }

    private static StepDescription shown(PlanStep.Shown shown) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("path", text(shown.path()));
        members.put("source", text(shown.source()));
        String words = shown.source().equals(shown.path()) ? "" : "is " + shown.source();
        return new StepDescription(shown.what(), shown.path().toString(), words, members);
    }

    private static StepDescription plain(String name) {
        return new StepDescription(name, "", "", Map.of());
    }

    private static StepDescription enterNamespaces(EnterNamespaces enter) {
        List<String> names = names(enter.namespaces());
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("namespaces", JsonValue.ofStrings(names));
        members.put("identity", JsonValue.of(enter.identity().toString()));
        String options = "identity=" + enter.identity();
        if (enter.subordinateIds().isPresent()) {
            List<String> users = ranges(enter.subordinateIds().get().users());
            List<String> groups = ranges(enter.subordinateIds().get().groups());
            members.put("userIds", JsonValue.ofStrings(users));
            members.put("groupIds", JsonValue.ofStrings(groups));
            options += ",users=" + String.join("+", users) + ",groups=" + String.join("+", groups);
        }
        return new StepDescription("enter-namespaces", String.join(",", names), options, members);
    }

    private static List<String> ranges(List<PlanStep.IdRange> ranges) {
        List<String> words = new ArrayList<>();
        for (PlanStep.IdRange range : ranges) {
            words.add(range.inside() + ":" + range.outside() + ":" + range.count());
        }
        return words;
    }

    private static List<String> names(Set<PlanStep.Namespace> namespaces) {
        List<String> names = new ArrayList<>();
        for (PlanStep.Namespace namespace : PlanStep.Namespace.values()) {
            if (namespaces.contains(namespace)) {
                names.add(word(namespace));
            }
        }
        return names;
    }

    private static StepDescription one(String name, String member, ByteString value) {
        return new StepDescription(name, value.toString(), "", Map.of(member, text(value)));
    }

    private static StepDescription mountImage(PlanStep.MountImage mount) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("image", text(mount.image()));
        members.put("mountPoint", text(mount.mountPoint()));
        members.put("program", text(mount.program()));
        return new StepDescription(
                "mount-image", mount.image() + " on " + mount.mountPoint(), "with " + mount.program(), members);
    }

    private static StepDescription joinNamespaces(PlanStep.JoinNamespaces join) {
        List<String> names = names(join.namespaces());
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("namespaces", JsonValue.ofStrings(names));
        members.put("group", JsonValue.of(join.group()));
        String options =
                "key=" + (join.key().isPresent() ? join.key().get().toString() : "the Slurm step or the parent");
        if (join.key().isPresent()) {
            members.put("key", text(join.key().get()));
        }
        if (join.count().isPresent()) {
            members.put("count", JsonValue.of(join.count().getAsInt()));
            options += ",count=" + join.count().getAsInt();
        }
        return new StepDescription("join-namespaces", String.join(",", names), options, members);
    }

    private static StepDescription enterProcess(PlanStep.EnterProcess enter) {
        List<String> names = names(enter.namespaces());
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("process", JsonValue.of(enter.process()));
        members.put("mountNamespace", JsonValue.of(enter.mountNamespace()));
        members.put("namespaces", JsonValue.ofStrings(names));
        return new StepDescription("enter-process", Long.toString(enter.process()), String.join(",", names), members);
    }

    private static StepDescription enterCgroup(PlanStep.EnterCgroup cgroup) {
        List<String> limits = new ArrayList<>();
        for (Limit limit : cgroup.limits()) {
            limits.add(limit.file() + "=" + limit.value());
        }
        String place = cgroup.place() instanceof CgroupPlace.Directory directory
                ? "below " + directory.path()
                : "in a scope of your systemd";
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("place", JsonValue.of(place));
        members.put("limits", JsonValue.ofStrings(limits));
        return new StepDescription("enter-cgroup", place, String.join(" ", limits), members);
    }

    private static StepDescription runProgram(PlanStep.RunProgram run) {
        List<String> command = texts(run.command());
        List<String> variables = texts(run.variables());
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("command", JsonValue.ofStrings(command));
        members.put("variables", JsonValue.ofStrings(variables));
        return new StepDescription("run-program", String.join(" ", command), String.join(" ", variables), members);
    }

    private static StepDescription enterRoot(EnterRoot enter) {
        List<String> layers = new ArrayList<>();
        for (ByteString layer : enter.mountPointLayers()) {
            layers.add(layer.toString());
        }
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("rootfs", text(enter.rootfs()));
        members.put("mountPointLayers", JsonValue.ofStrings(layers));
        String options = layers.isEmpty() ? "" : "overlay=" + String.join(":", layers);
        if (enter.upper().isPresent()) {
            String upper = upper(enter.upper().get());
            members.put("upper", JsonValue.of(upper));
            options += (options.isEmpty() ? "" : " ") + "upper=" + upper;
        }
        return new StepDescription("enter-root", enter.rootfs().toString(), options, members);
    }

    private static String upper(OverlayUpper upper) {
        if (upper instanceof OverlayUpper.Directory directory) {
            return directory.path().toString();
        }
        OptionalLong size = ((OverlayUpper.Memory) upper).sizeInBytes();
        return size.isPresent() ? "memory of " + size.getAsLong() + " bytes" : "memory";
    }

    private static StepDescription mountOverlay(MountOverlay overlay) {
        List<String> lower = new ArrayList<>();
        for (ByteString directory : overlay.lower()) {
            lower.add(directory.toString());
        }
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("target", text(overlay.target()));
        members.put("lower", JsonValue.ofStrings(lower));
        String options = "lower=" + String.join(":", lower);
        if (overlay.upper().isPresent()) {
            members.put("upper", JsonValue.of(upper(overlay.upper().get())));
            options += " upper=" + upper(overlay.upper().get());
        }
        return new StepDescription("mount-overlay", overlay.target().toString(), options, members);
    }

    private static StepDescription installFilter(InstallFilter filter) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("profile", text(filter.profile()));
        members.put("flags", JsonValue.of(filter.flags()));
        members.put("instructions", JsonValue.of(filter.program().size()));
        return new StepDescription(
                "install-filter", filter.profile().toString(), filter.program().size() + " instructions", members);
    }

    private static StepDescription bindMount(BindMount bind) {
        List<String> restrictions = new ArrayList<>();
        for (Restriction restriction : Restriction.values()) {
            if (bind.restrictions().contains(restriction)) {
                restrictions.add(mountOption(restriction));
            }
        }
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("source", text(bind.source()));
        members.put("target", text(bind.target()));
        members.put("recursive", JsonValue.of(bind.recursive()));
        members.put("optional", JsonValue.of(bind.optional()));
        members.put("restrictions", JsonValue.ofStrings(restrictions));
        List<String> options = new ArrayList<>();
        options.add(bind.recursive() ? "rbind" : "bind");
        options.addAll(restrictions);
        if (bind.optional()) {
            options.add("nofail");
        }
        if (bind.propagation().isPresent()) {
            PlanStep.Propagation propagation = bind.propagation().get();
            String kind = (propagation.recursive() ? "r" : "") + word(propagation.kind());
            members.put("propagation", JsonValue.of(kind));
            options.add(kind);
        }
        String object =
                bind.source().equals(bind.target()) ? bind.target().toString() : bind.source() + " on " + bind.target();
        return new StepDescription("bind-mount", object, String.join(",", options), members);
    }

    private static StepDescription mountTmpfs(MountTmpfs tmpfs) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("target", text(tmpfs.target()));
        String options = "mode=" + Integer.toOctalString(tmpfs.mode());
        if (tmpfs.sizeInBytes().isPresent()) {
            members.put("sizeInBytes", JsonValue.of(tmpfs.sizeInBytes().getAsLong()));
            options += ",size=" + tmpfs.sizeInBytes().getAsLong();
        }
        members.put("mode", JsonValue.of(Integer.toOctalString(tmpfs.mode())));
        return new StepDescription("mount-tmpfs", tmpfs.target().toString(), options, members);
    }

    private static StepDescription changeDirectory(ChangeDirectory change) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("directory", text(change.directory()));
        members.put("create", JsonValue.of(change.create()));
        return new StepDescription(
                "change-directory", change.directory().toString(), change.create() ? "create" : "", members);
    }

    private static StepDescription execute(Execute execute) {
        List<String> entrypoint = texts(execute.entrypoint());
        List<String> arguments = texts(execute.defaultArguments());
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("entrypoint", JsonValue.ofStrings(entrypoint));
        members.put("defaultArguments", JsonValue.ofStrings(arguments));
        String object = entrypoint.isEmpty() ? "your command" : String.join(" ", entrypoint) + " and your arguments";
        String otherwise = arguments.isEmpty() ? "" : "without any: " + String.join(" ", arguments);
        return new StepDescription("execute", object, otherwise, members);
    }

    private static List<String> texts(List<ByteString> values) {
        List<String> texts = new ArrayList<>();
        for (ByteString value : values) {
            texts.add(value.toString());
        }
        return texts;
    }

    private static JsonValue text(ByteString value) {
        return JsonValue.of(value.toString());
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static String mountOption(Restriction restriction) {
        return switch (restriction) {
            case READ_ONLY -> "ro";
            case NO_SUID -> "nosuid";
            case NO_DEVICES -> "nodev";
            case NO_EXEC -> "noexec";
            case NO_SYMBOLIC_LINKS -> "nosymfollow";
        };
    }
}
