package io.polymq.mqtt;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way into the zone of the session that gets it.
 *
 * @param receipt told to expect this delivery; null when nobody waits for it
 */
record Delivery(
        MqttSubscription subscription, KeptMessage message, int qos, @Nullable Receipt receipt) {}
