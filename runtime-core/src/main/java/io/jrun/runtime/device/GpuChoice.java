package io.jrun.runtime.device;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Picks GPUs by a request. Indices count only those that may be opened, as NVML and CUDA count them within the job's
 * cgroup: a job that got GPUs 2 and 3 calls them 0 and 1.
 */
final class GpuChoice {

    private static final Pattern DIVIDED = Pattern.compile("(?:mig)?([0-9]{1,4})[:.]([0-9]{1,4})");
    private static final Pattern OLD_MIG_NAME = Pattern.compile("MIG-(GPU-[0-9a-f-]+)/([0-9]{1,4})/([0-9]{1,4})");

    /** @param instance of a divided GPU; empty for all of it */
    record Chosen(Gpu gpu, Optional<MigInstance> instance) {}

    private final List<Gpu> all;
    private final String origin;
    private final Consumer<String> details;
    private final List<Gpu> usable;

    GpuChoice(List<Gpu> all, String origin, Consumer<String> details) {
        this.all = all;
        this.origin = origin;
        this.details = details;
        this.usable = all.stream().filter(Gpu::isUsable).toList();
    }

    /** Every GPU that may be opened; of divided ones the instances that may be. */
    List<Chosen> everything() {
        all.stream()
                .filter(gpu -> !gpu.isUsable())
                .forEach(gpu -> details.accept(gpu.title() + " is left out: this job may not open it, "
                        + gpu.opening().refusal().orElse("")));
        List<Chosen> chosen = new ArrayList<>();
        usable.forEach(gpu -> chosen.addAll(whole(gpu)));
        return chosen;
    }

    private List<Chosen> whole(Gpu gpu) {
        if (gpu.instances().isEmpty()) {
            return List.of(new Chosen(gpu, Optional.empty()));
        }
        List<Chosen> chosen = new ArrayList<>();
        for (MigInstance instance : gpu.instances()) {
            if (instance.opening().isGranted()) {
                chosen.add(new Chosen(gpu, Optional.of(instance)));
            } else {
                details.accept("MIG instance " + instance.index() + " of " + gpu.title()
                        + " is left out: this job may not open it, "
                        + instance.opening().refusal().orElse(""));
            }
        }
        return chosen;
    }

    List<Chosen> first(int number) throws JrunException {
        requireAny();
        if (usable.size() < number) {
            throw new NotFoundException(Failure.of("give " + origin, "this job may open fewer GPUs")
                    .comparing(number, usable.size() + " of the " + all.size() + " in this machine")
                    .hint("`jrun gpu list` shows which and why; ask the scheduler for more, with Slurm --gpus="
                            + number));
        }
        List<Chosen> chosen = new ArrayList<>();
        usable.subList(0, number).forEach(gpu -> chosen.addAll(whole(gpu)));
        return chosen;
    }

    /** Fails where not one can be had. */
    void requireAny() throws JrunException {
        if (all.isEmpty()) {
            throw new NotFoundException(Failure.of("give " + origin, "this machine shows no GPU")
                    .hint("`jrun gpu list` tells where was looked; where there is a GPU, its driver must be loaded:"
                            + " `nvidia-modprobe -u -c=0` makes NVIDIA's device nodes"));
        }
        if (usable.isEmpty()) {
            throw denied("its GPUs may not be opened by this job", all.get(0));
        }
    }

    private DeniedException denied(String why, Gpu gpu) {
        return new DeniedException(Failure.of(
                        "give " + origin, why + ": " + gpu.opening().refusal().orElse(""))
                .hint("ask the scheduler for it, with Slurm --gpus=1 or --gres=gpu:1"));
    }

    List<Chosen> named(List<String> names) throws JrunException {
        Set<Chosen> chosen = new LinkedHashSet<>();
        for (String name : names) {
            chosen.addAll(named(name));
        }
        return List.copyOf(chosen);
    }

    private List<Chosen> named(String name) throws JrunException {
        if (name.equals("all")) {
            requireAny();
            return everything();
        }
        Matcher divided = DIVIDED.matcher(name);
        if (divided.matches()) {
            return List.of(instance(name, byIndex(name, divided.group(1)), divided.group(2)));
        }
        Matcher old = OLD_MIG_NAME.matcher(name);
        if (old.matches()) {
            return List.of(instance(name, byIdentity(name, old.group(1)), parse(old.group(2)), parse(old.group(3))));
        }
        if (name.toLowerCase(Locale.ROOT).startsWith("mig")) {
            return migByUuid(name);
        }
        Gpu gpu = name.matches("[0-9]{1,4}") ? byIndex(name, name) : byIdentity(name, name);
        return whole(gpu);
    }

    private static int parse(String digits) {
        return Integer.parseInt(digits);
    }

    private Gpu byIndex(String name, String digits) throws JrunException {
        requireAny();
        int index = parse(digits);
        if (index >= usable.size()) {
            throw unknown(name, "there is no GPU " + index);
        }
        return usable.get(index);
    }

    private Gpu byIdentity(String name, String identity) throws JrunException {
        List<Gpu> matching = all.stream()
                .filter(gpu ->
                        gpu.uuid().filter(uuid -> isPrefix(identity, uuid)).isPresent()
                                || gpu.busId().equalsIgnoreCase(identity))
                .toList();
        if (matching.isEmpty()) {
            throw unknown(name, "no GPU of this machine has that UUID or PCI address");
        } else if (matching.size() > 1) {
            throw unknown(name, "several GPUs begin so");
        } else if (!matching.get(0).isUsable()) {
            throw denied(matching.get(0).title() + " may not be opened by this job", matching.get(0));
        }
        return matching.get(0);
    }

    /** CUDA takes the beginning of a UUID too. */
    private static boolean isPrefix(String text, String uuid) {
        return text.startsWith("GPU-") && text.length() > 4 && uuid.startsWith(text);
    }

    private Chosen instance(String name, Gpu gpu, String digits) throws JrunException {
        return gpu.instances().stream()
                .filter(each -> each.index() == parse(digits))
                .findFirst()
                .map(each -> new Chosen(gpu, Optional.of(each)))
                .filter(this::requireOpen)
                .orElseThrow(() -> wrongMig(name, gpu));
    }

    private Chosen instance(String name, Gpu gpu, int gpuInstance, int computeInstance) throws JrunException {
        return gpu.instances().stream()
                .filter(each -> each.gpuInstance() == gpuInstance && each.computeInstance() == computeInstance)
                .findFirst()
                .map(each -> new Chosen(gpu, Optional.of(each)))
                .filter(this::requireOpen)
                .orElseThrow(() -> wrongMig(name, gpu));
    }

    private boolean requireOpen(Chosen chosen) {
        return chosen.instance().isPresent()
                && chosen.instance().get().opening().isGranted();
    }

    /** Only the driver's library knows which instance has a MIG-UUID: all that may be opened are given. */
    private List<Chosen> migByUuid(String name) throws JrunException {
        List<Chosen> instances = everything().stream()
                .filter(each -> each.instance().isPresent())
                .toList();
        if (instances.isEmpty()) {
            throw unknown(name, "no GPU of this job is divided (MIG)");
        }
        details.accept(name + " is told to CUDA: which instance it is, only the driver knows, so all "
                + instances.size() + " of this job are given");
        return instances;
    }

    private NotFoundException wrongMig(String name, Gpu gpu) {
        String present = gpu.instances().isEmpty()
                ? "none: " + gpu.title() + " is not divided"
                : gpu.instances().stream()
                        .map(each -> each.index() + " (gi " + each.gpuInstance() + ", ci " + each.computeInstance()
                                + (each.opening().isGranted() ? ")" : ", not for this job)"))
                        .reduce((left, right) -> left + ", " + right)
                        .orElse("");
        return new NotFoundException(Failure.of("give " + origin, "there is no such MIG instance")
                .comparing(name, present)
                .hint("`jrun gpu list` shows the instances of this job; GPU:INSTANCE is 0:1, for example"));
    }

    private NotFoundException unknown(String name, String why) {
        return new NotFoundException(Failure.of("give " + origin, why)
                .comparing(name, usable.isEmpty() ? "no GPU" : names())
                .hint("`jrun gpu list` shows the GPUs of this job with their names"));
    }

    private String names() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < usable.size(); i++) {
            names.add(i + usable.get(i).uuid().map(uuid -> " " + uuid).orElse(""));
        }
        return String.join(", ", names);
    }
}
