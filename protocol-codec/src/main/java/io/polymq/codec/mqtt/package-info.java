/**
 * MQTT 3.1, 3.1.1 and 5.0: bytes to packets and back. No I/O, no threads, no session state; every
 * length is checked against the packet before anything is allocated.
 *
 * <p>{@link io.polymq.codec.mqtt.MqttDecoder} and {@link io.polymq.codec.mqtt.MqttEncoder} know all
 * fifteen packets as records; {@link io.polymq.codec.mqtt.PublishView} reads a PUBLISH in place,
 * without objects, for the hot path.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.codec.mqtt;
