/**
 * Which devices of the host a container gets, with the driver's files for them, found without any vendor's tool. The
 * result is one value, {@link io.jrun.runtime.device.DeviceSet}, in which everything says why it is there. Knows no
 * mounts and no options; reads the host, or a tree that looks like one.
 */
package io.jrun.runtime.device;
