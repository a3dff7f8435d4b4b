package io.polymq.config.load;

import io.polymq.config.PolyMqConfig;
import java.util.List;

/**
 * A configuration that can be used.
 *
 * @param warnings what the operator should know, a sentence each
 */
public record LoadedConfig(PolyMqConfig config, List<String> warnings) {
    public LoadedConfig {
        warnings = List.copyOf(warnings);
    }
}
