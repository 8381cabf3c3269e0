package io.jrun.runtime.device;

/**
 * A device node to be bind-mounted: mknod(2) is refused in a user namespace.
 *
 * @param path inside
 * @param reason for people
 */
public record DeviceNode(String hostPath, String path, String reason) {}
