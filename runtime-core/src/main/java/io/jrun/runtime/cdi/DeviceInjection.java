package io.jrun.runtime.cdi;

import io.jrun.error.DeniedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.device.DeviceSurroundings;
import io.jrun.runtime.device.GpuCompiler;
import io.jrun.runtime.device.GpuInventory;
import io.jrun.runtime.device.GpuRequest;
import io.jrun.runtime.device.GpuWish;
import io.jrun.runtime.device.GpuWish.Manner;
import io.jrun.runtime.device.LoaderStep;
import io.jrun.runtime.device.PlainDevices;
import java.util.List;
import java.util.Optional;

/** The recipe: options and surroundings in, one device set out. */
public final class DeviceInjection {

    private DeviceInjection() {}

    /**
     * GPUs come from our own discovery, because it knows what the job may open and whether files are there now, which a
     * spec written at boot does not; where it finds none and specs have GPUs, from those.
     */
    public static DeviceSet compile(DeviceRequest request, DeviceSurroundings surroundings) throws JrunException {
        GpuWish wish = GpuWish.decide(request.gpu(), surroundings.caller(), surroundings.imageVariables());
        return compile(request.devices(), wish, surroundings);
    }

    /** @param devices values of --device, in order */
    public static DeviceSet compile(List<String> devices, GpuWish wish, DeviceSurroundings surroundings)
            throws JrunException {
        DeviceSet.Builder set = DeviceSet.builder();
        CdiCompiler cdi = new CdiCompiler(surroundings.host(), surroundings.image(), set);
        CdiRegistry registry = CdiRegistry.load(surroundings.host(), surroundings.specDirectories());
        for (String device : devices) {
            if (device.startsWith("/")) {
                PlainDevices.add(surroundings.host(), device, set);
            } else {
                cdi.add(registry, CdiName.parse(device));
            }
        }
        addGpus(wish, surroundings, registry, cdi, set);
        if (set.hasNodes()) {
            PlainDevices.addFabrics(surroundings.host(), set);
        }
        if (surroundings.image().isPresent()) {
            LoaderStep.apply(set, surroundings.image().get());
        }
        return set.build();
    }

    private static void addGpus(
            GpuWish wish, DeviceSurroundings surroundings, CdiRegistry registry, CdiCompiler cdi, DeviceSet.Builder set)
            throws JrunException {
        if (wish.request() instanceof GpuRequest.Nothing && wish.manner() == Manner.AUTOMATIC) {
            set.detail("no GPU: " + wish.origin());
            return;
        }
        GpuInventory inventory = GpuInventory.scan(surroundings.host());
        Optional<String> all = registry.devices().stream()
                .filter(name -> name.endsWith("/gpu=all"))
                .findFirst();
        if (inventory.gpus().isEmpty() && all.isPresent() && wish.request() instanceof GpuRequest.All) {
            set.detail("GPUs by CDI, because jrun finds none itself: " + wish.origin());
            addSpecified(wish, registry, all.get(), cdi, set);
            return;
        }
        GpuCompiler.compile(surroundings, inventory, wish, set);
    }

    private static void addSpecified(
            GpuWish wish, CdiRegistry registry, String name, CdiCompiler cdi, DeviceSet.Builder set)
            throws JrunException {
        try {
            cdi.add(registry, CdiName.parse(name));
        } catch (NotFoundException | DeniedException unusable) {
            if (wish.manner() == Manner.DEMANDED) {
                throw unusable;
            }
            set.detail("no GPU by CDI: " + unusable.getMessage());
        }
    }
}
