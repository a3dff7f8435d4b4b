package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.Within;

/** {@code [<protocol>_runtime.network]}: a protocol's own threads. */
@Doc("The protocol's own threads; one protocol cannot starve another.")
public record LoopConfig(
        @Doc("Threads that accept connections.") @Within(min = 1, max = 64) @Default("1")
                int acceptThreadNum,
        @Doc("Event loops that serve connections; 0 follows the number of cores.")
                @Within(min = 0, max = 1_024)
                @Default("0")
                int handlerThreadNum,
        @Doc("Tasks that may wait for one loop before their sender is slowed down.")
                @Within(min = 16)
                @Default("65536")
                int queueSize) {

    public static final LoopConfig DEFAULT = Defaults.of(LoopConfig.class);
}
