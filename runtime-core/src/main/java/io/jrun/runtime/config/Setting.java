package io.jrun.runtime.config;

/**
 * The value of a key as one place gives it.
 *
 * @param origin "/etc/jrun/config line 3", "JRUN_ROOT" or "default"
 */
public record Setting(ConfigKey key, String value, String origin) {}
