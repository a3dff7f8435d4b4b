/**
 * MQTT 3.1, 3.1.1 and 5.0: sessions, subscriptions, retained messages, wills.
 *
 * <p>Connection zone: a connection and the session that it has attached live on one loop. A session
 * without a connection lives on the broker's background executor. What other threads have for a
 * session goes through the {@link io.polymq.mqtt.SessionZone} that it lives in; only QoS 0 is
 * written straight into the receiver's outbox from wherever it is published.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.mqtt;
