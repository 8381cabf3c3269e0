package io.jrun.runtime.cgroup;

/**
 * A value to be written to a file of the payload's cgroup.
 *
 * @param file such as "memory.max"
 * @param origin "option --memory", or where it is configured
 */
public record Limit(Controller controller, String file, String value, String origin) {}
