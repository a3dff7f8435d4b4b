package io.polymq.config.load;

import io.polymq.config.PolyMqConfig;
import java.util.List;
import java.util.Map;

/**
 * A configuration that can be used.
 *
 * @param warnings what the operator should know, a sentence each
 * @param origins of what somebody set, by dotted keys: a file with its line, a variable, an option
 */
public record LoadedConfig(
        PolyMqConfig config, List<String> warnings, Map<String, String> origins) {
    public LoadedConfig {
        origins = Map.copyOf(origins);
        warnings = List.copyOf(warnings);
    }
}
