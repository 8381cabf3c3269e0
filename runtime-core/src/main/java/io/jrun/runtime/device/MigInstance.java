package io.jrun.runtime.device;

import io.jrun.runtime.host.HostTree.Opening;
import java.util.List;

/**
 * A compute instance of a GPU that is divided.
 *
 * @param index on its GPU, in the order of the two numbers that follow
 * @param nodes of the GPU instance and the compute instance
 */
public record MigInstance(int index, int gpuInstance, int computeInstance, List<String> nodes, Opening opening) {
    public MigInstance {
        nodes = List.copyOf(nodes);
    }
}
