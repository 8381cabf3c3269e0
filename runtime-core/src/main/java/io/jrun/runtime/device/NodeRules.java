package io.jrun.runtime.device;

import io.jrun.runtime.host.HostTree.Opening;
import io.jrun.runtime.host.HostTree.Use;
import io.jrun.runtime.host.RootedTree;

/** The one rule for optional nodes: in when they open, else a note that says why not. */
final class NodeRules {

    private NodeRules() {}

    static boolean add(DeviceSet.Builder set, RootedTree host, String node, String reason) {
        return add(set, host, node, Use.READING_AND_WRITING, reason);
    }

    static boolean add(DeviceSet.Builder set, RootedTree host, String node, Use use, String reason) {
        Opening opening = host.tryOpen(node, use);
        if (opening.isGranted()) {
            set.add(new DeviceNode(host.onHost(node), node, reason));
        } else {
            set.detail(
                    node + " (" + reason + ") is left out: " + opening.refusal().orElse(""));
        }
        return opening.isGranted();
    }
}
