package io.jrun.runtime.check;

import io.jrun.error.JrunException;
import io.jrun.runtime.cgroup.CgroupPlace;
import io.jrun.runtime.cgroup.Controller;
import io.jrun.runtime.cgroup.HeldLimits;
import io.jrun.runtime.cgroup.Hierarchy;
import io.jrun.runtime.cgroup.Limit;
import io.jrun.runtime.cgroup.PlaceFinder;
import io.jrun.runtime.check.Evidence.Cgroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Asks for each controller where a start would limit a container by it. Makes no cgroup. */
final class CgroupProbe {

    /** One file of each, with a value that every cgroup has. */
    private static final Map<Controller, Limit> SAMPLES = Map.of(
            Controller.MEMORY, new Limit(Controller.MEMORY, "memory.max", "max", ""),
            Controller.CPU, new Limit(Controller.CPU, "cpu.max", "max", ""),
            Controller.CPUSET, new Limit(Controller.CPUSET, "cpuset", "0", ""),
            Controller.PIDS, new Limit(Controller.PIDS, "pids.max", "max", ""),
            Controller.IO, new Limit(Controller.IO, "io.max", "", ""));

    private final Path root;
    private final long uid;
    private final Map<String, String> environment;

    CgroupProbe(Path root, long uid, Map<String, String> environment) {
        this.root = root;
        this.uid = uid;
        this.environment = environment;
    }

    Cgroup cgroup() {
        Optional<Hierarchy> hierarchy = hierarchy();
        if (hierarchy.isEmpty()) {
            return new Cgroup(false, "", List.of(), List.of(), "", List.of());
        }
        Hierarchy here = hierarchy.get();
        PlaceFinder finder = new PlaceFinder(hierarchy, caller());
        List<String> settable = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        String place = "";
        String obstacle = "";
        for (Controller controller : Controller.values()) {
            try {
                CgroupPlace found = finder.find(List.of(SAMPLES.get(controller)));
                place = found instanceof CgroupPlace.Scope
                        ? "a scope of your systemd"
                        : ((CgroupPlace.Directory) found).path().toString();
                settable.add(controller.word());
            } catch (JrunException refused) {
                missing.add(controller.word());
                obstacle = obstacle.isEmpty() ? refused.failure().why() : obstacle;
            }
        }
        boolean job = environment.containsKey("SLURM_JOB_ID");
        return new Cgroup(true, place, settable, missing, obstacle, job ? HeldLimits.of(here, here.own()) : List.of());
    }

    private Optional<Hierarchy> hierarchy() {
        try {
            return Hierarchy.read(root, "self");
        } catch (IOException noProc) {
            return Optional.empty();
        }
    }

    private PlaceFinder.Caller caller() {
        return new PlaceFinder.Caller(
                uid,
                variable("XDG_RUNTIME_DIR").filter(text -> text.startsWith("/")).map(Path::of),
                variable("SLURM_JOB_ID"));
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(text -> !text.isEmpty());
    }
}
