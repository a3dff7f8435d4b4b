package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.Within;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The whole configuration, section by section. Who needs a section is given that section. */
public record PolyMqConfig(
        @Doc("The cluster's name, told to clients that ask.") @Default("polymq") String clusterName,
        @Doc("This broker's number in the cluster.") @Within(min = 0, max = 1_000_000) @Default("1")
                int brokerId,
        @Doc(
                        "The folder for everything that must outlive the process. One broker at a time uses"
                                + " it. Relative paths begin in the working directory.")
                @Default("data")
                Path dataPath,
        @Doc("How long the broker may take to end after SIGTERM.")
                @Within(min = 100)
                @Default("15s")
                Duration shutdownTimeout,
        NetworkConfig network,
        @Nullable TlsConfig tls,
        AuthConfig auth,
        LimitsConfig limits,
        StorageConfig storage,
        MetaConfig meta,
        MetricsConfig metrics,
        AdminConfig admin,
        @Nullable WebhookConfig webhook,
        @Nullable TracingConfig tracing,
        LogConfig log,
        MqttConfig mqttRuntime,
        KafkaConfig kafkaRuntime,
        AmqpConfig amqpRuntime,
        NatsConfig natsRuntime,
        Mq9Config mq9Runtime) {

    public static final PolyMqConfig DEFAULT = Defaults.of(PolyMqConfig.class);

    public PolyMqConfig {
        if (clusterName.isBlank()) {
            throw new IllegalArgumentException("cluster_name must not be empty");
        }
    }
}
