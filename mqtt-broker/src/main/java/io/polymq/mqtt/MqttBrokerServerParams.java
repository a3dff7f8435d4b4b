package io.polymq.mqtt;

import io.polymq.core.router.Router;
import io.polymq.core.security.Security;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.service.DelayedMessages;
import io.polymq.core.service.RetainedMessages;
import io.polymq.core.service.SlowConsumers;
import io.polymq.core.service.TenantLimits;
import io.polymq.network.Shutdown;
import io.polymq.storage.ShardStore;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * All that the MQTT broker is given.
 *
 * @param tenants asked before a session is made
 * @param happenings hears of sessions that end
 * @param slow where subscribers are listed that acknowledge late
 * @param shards where persistent sessions are kept; null keeps them in memory only
 */
public record MqttBrokerServerParams(
        MqttSettings settings,
        Router router,
        Security security,
        RetainedMessages retained,
        DelayedMessages delayed,
        @Nullable ShardStore shards,
        Shutdown shutdown,
        PrometheusRegistry metrics,
        InstantSource clock,
        TenantLimits tenants,
        @Nullable BrokerEvents happenings,
        SlowConsumers slow) {}
