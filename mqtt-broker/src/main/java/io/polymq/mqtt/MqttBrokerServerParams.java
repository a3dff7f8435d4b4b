package io.polymq.mqtt;

import io.polymq.core.router.Router;
import io.polymq.core.security.Security;
import io.polymq.core.service.RetainedMessages;
import io.polymq.network.Shutdown;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.InstantSource;

/** All that the MQTT broker is given. */
public record MqttBrokerServerParams(
        MqttSettings settings,
        Router router,
        Security security,
        RetainedMessages retained,
        Shutdown shutdown,
        PrometheusRegistry metrics,
        InstantSource clock) {}
