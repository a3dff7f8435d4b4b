package io.polymq.config.load;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a configuration comes from; later ones win.
 *
 * @param file TOML or YAML by its extension; null: defaults only
 * @param environment variables, of which those that begin with {@code POLYMQ_} count
 * @param settings {@code key=value} from the command line
 */
public record ConfigSources(
        @Nullable Path file, Map<String, String> environment, List<String> settings) {

    public ConfigSources {
        environment = Map.copyOf(environment);
        settings = List.copyOf(settings);
    }

    /** Only settings, for embedding and tests. */
    public static ConfigSources of(String... settings) {
        return new ConfigSources(null, Map.of(), List.of(settings));
    }
}
