package io.polymq.codec.mqtt;

import org.jspecify.annotations.Nullable;

/**
 * Walks over the properties of one packet. Malformed ones end the walk at once; those that are well
 * formed but may not stand there are remembered and reported at its end, so that the worse fault
 * wins wherever it stands. Reused; not for several threads.
 */
public final class PropertyCursor {

    private final WireReader in = new WireReader();
    private int packetType;
    private long seen;
    private @Nullable MqttCodecException fault;

    private Property property = Property.USER_PROPERTY;
    private int start;
    private long number;
    private int dataAt;
    private int dataLength;
    private int secondAt;
    private int secondLength;

    public void over(byte[] bytes, int from, int to, int type) {
        in.over(bytes, from, to);
        packetType = type;
        seen = 0;
        fault = null;
    }

    /** Moves to the next property; at the end reports what was remembered. */
    public boolean next() throws MqttCodecException {
        if (in.at == in.end) {
            if (fault != null) {
                throw fault;
            }
            return false;
        }
        start = in.at;
        Property found = Property.of(in.readVariable());
        if (found == null) {
            throw MqttCodecException.malformed("unknown property");
        }
        property = found;
        readValue();
        check();
        return true;
    }

    private void readValue() throws MqttCodecException {
        switch (property.form()) {
            case BYTE -> number = in.readByte();
            case TWO_BYTES -> number = in.readShort();
            case FOUR_BYTES -> number = in.readInt();
            case VARIABLE -> number = in.readVariable();
            case TEXT -> {
                dataLength = in.skipText(property.range() == Property.Range.TOPIC);
                dataAt = in.at - dataLength;
            }
            case DATA -> {
                dataLength = in.skipData();
                dataAt = in.at - dataLength;
            }
            case TEXT_PAIR -> {
                dataLength = in.skipText(false);
                dataAt = in.at - dataLength;
                secondLength = in.skipText(false);
                secondAt = in.at - secondLength;
            }
        }
    }

    private void check() {
        long bit = 1L << property.ordinal();
        boolean repeatable =
                property == Property.USER_PROPERTY
                        || property == Property.SUBSCRIPTION_IDENTIFIER
                                && packetType == PacketType.PUBLISH;
        boolean again = (seen & bit) != 0 && !repeatable;
        seen |= bit;
        if (fault != null) {
            return;
        }
        if (again) {
            fault = MqttCodecException.protocol(property + " stands twice");
        } else if (!property.mayStandIn(packetType)) {
            fault =
                    packetType == PacketType.SUBSCRIBE || packetType == PacketType.UNSUBSCRIBE
                            ? MqttCodecException.malformed(property + " may not stand here")
                            : MqttCodecException.protocol(property + " may not stand here");
        } else if (!inRange()) {
            fault =
                    property == Property.TOPIC_ALIAS
                            ? MqttCodecException.of(ReasonCode.TOPIC_ALIAS_INVALID, "topic alias 0")
                            : MqttCodecException.protocol(property + " has a value out of range");
        }
    }

    private boolean inRange() {
        return switch (property.range()) {
            case ANY -> true;
            case FLAG -> number <= 1;
            case NOT_ZERO -> number != 0;
            case TOPIC -> TopicRules.isName(in.bytes, dataAt, dataLength);
        };
    }

    public Property property() {
        return property;
    }

    /** Where the property's identifier stands. */
    public int start() {
        return start;
    }

    /** Behind the property's last byte. */
    public int end() {
        return in.at;
    }

    public long number() {
        return number;
    }

    public int dataAt() {
        return dataAt;
    }

    public int dataLength() {
        return dataLength;
    }

    public int secondAt() {
        return secondAt;
    }

    public int secondLength() {
        return secondLength;
    }
}
