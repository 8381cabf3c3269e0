package io.jrun.runtime.cdi;

import java.util.List;
import java.util.Optional;

/**
 * What a spec wants to be changed in a container. Modes and owners of nodes are not kept: a node that is bound has those
 * of the host.
 *
 * @param env "NAME=VALUE"
 * @param unsupported members that are there and that a rootless runtime cannot carry out
 */
record ContainerEdits(
        List<String> env, List<Node> deviceNodes, List<Mount> mounts, List<Hook> hooks, List<String> unsupported) {

    static final ContainerEdits NONE = new ContainerEdits(List.of(), List.of(), List.of(), List.of(), List.of());

    ContainerEdits {
        env = List.copyOf(env);
        deviceNodes = List.copyOf(deviceNodes);
        mounts = List.copyOf(mounts);
        hooks = List.copyOf(hooks);
        unsupported = List.copyOf(unsupported);
    }

    /** @param permissions for the cgroup; without "w" the node need not be writable */
    record Node(String path, Optional<String> hostPath, Optional<String> permissions) {}

    record Mount(String hostPath, String containerPath, List<String> options) {
        Mount {
            options = List.copyOf(options);
        }
    }

    /** @param args the first is the program's own name */
    record Hook(String hookName, String path, List<String> args) {
        Hook {
            args = List.copyOf(args);
        }
    }
}
