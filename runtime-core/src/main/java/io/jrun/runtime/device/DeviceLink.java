package io.jrun.runtime.device;

/**
 * A symbolic link to be made inside.
 *
 * @param target its text, absolute or relative to the link
 */
public record DeviceLink(String path, String target, String reason) {}
