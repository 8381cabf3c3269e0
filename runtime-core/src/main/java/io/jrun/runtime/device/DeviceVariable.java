package io.jrun.runtime.device;

import java.util.Optional;

/** @param value empty: the variable is taken away */
public record DeviceVariable(String name, Optional<String> value, String reason) {}
