package io.jrun.runtime.device;

import io.jrun.runtime.host.HostTree.Opening;

/**
 * A node of a fast network, or of an accelerator that is no GPU.
 *
 * @param family what it is, for people
 * @param opening whether the caller may open it
 */
public record FabricNode(String path, String family, Opening opening) {

    /** What the node is called in its directory. */
    public String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
