package io.polymq.mqtt;

import io.polymq.codec.mqtt.MqttVersion;

/**
 * What a client announced of itself in CONNECT. Immutable.
 *
 * @param sendWindow messages that may be on their way to it
 * @param maxPacketSize the largest packet it takes
 * @param keepAliveNanos time without a packet after which it counts as gone; 0 for never
 * @param problemInformation whether it wants reason strings on acknowledgements
 * @param bridge whether it is another broker
 * @param clientId the identifier that it chose; empty when it chose none
 */
record ClientLimits(
        MqttVersion version,
        int sendWindow,
        int maxPacketSize,
        long keepAliveNanos,
        boolean problemInformation,
        boolean bridge,
        String clientId) {

    static final ClientLimits UNKNOWN =
            new ClientLimits(MqttVersion.V3_1_1, 1, Integer.MAX_VALUE, 0, false, false, "");
}
