package io.jrun.runtime.cdi;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One spec file.
 *
 * @param file where it lies, for messages
 * @param shared edits that come with each of its devices
 */
record CdiSpec(String file, String kind, ContainerEdits shared, Map<String, ContainerEdits> devices) {
    CdiSpec {
        devices = Collections.unmodifiableMap(new LinkedHashMap<>(devices));
    }
}
