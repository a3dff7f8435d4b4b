package io.polymq.codec.mqtt;

/**
 * A peer broke the rules of the wire format. Says with which reason it is told so, if it is told at
 * all: MQTT 3 knows no such packet, and some faults leave nothing to answer to.
 */
public final class MqttCodecException extends Exception {

    private static final long serialVersionUID = 1L;

    private final ReasonCode reason;
    private final boolean answered;

    private MqttCodecException(ReasonCode reason, boolean answered, String message) {
        super(message, null, false, false);
        this.reason = reason;
        this.answered = answered;
    }

    public static MqttCodecException malformed(String message) {
        return new MqttCodecException(ReasonCode.MALFORMED_PACKET, true, message);
    }

    public static MqttCodecException protocol(String message) {
        return new MqttCodecException(ReasonCode.PROTOCOL_ERROR, true, message);
    }

    public static MqttCodecException of(ReasonCode reason, String message) {
        return new MqttCodecException(reason, true, message);
    }

    /** For faults after which nothing sensible can be said: the connection is just closed. */
    public static MqttCodecException silent(ReasonCode reason, String message) {
        return new MqttCodecException(reason, false, message);
    }

    public ReasonCode reason() {
        return reason;
    }

    /** Whether an MQTT 5 peer hears the reason before the connection is closed. */
    public boolean answered() {
        return answered;
    }
}
