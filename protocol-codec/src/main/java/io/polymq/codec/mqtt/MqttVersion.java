package io.polymq.codec.mqtt;

import java.nio.charset.StandardCharsets;

/** The three protocol versions and what a CONNECT calls them. */
public enum MqttVersion {
    V3_1(3, "MQIsdp"),
    V3_1_1(4, "MQTT"),
    V5(5, "MQTT");

    private final int level;
    private final byte[] protocolName;

    MqttVersion(int level, String protocolName) {
        this.level = level;
        this.protocolName = protocolName.getBytes(StandardCharsets.UTF_8);
    }

    /** The protocol level byte. */
    public int level() {
        return level;
    }

    byte[] protocolName() {
        return protocolName;
    }

    /** The level byte of a CONNECT's body, -1 when it does not reach that far. */
    public static int levelOf(byte[] bytes, int from, int to) {
        if (to - from < 3) {
            return -1;
        }
        int at = from + 2 + ((bytes[from] & 0xFF) << 8 | bytes[from + 1] & 0xFF);
        return at < to ? bytes[at] & 0xFF : -1;
    }
}
