package io.polymq.codec.mqtt;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The properties of one MQTT 5 packet. Immutable, shared. */
public final class Properties {

    public static final Properties NONE = new Builder().build();

    private static final Property[] ALL = Property.values();

    /** A name and a value of the user's. */
    public record UserProperty(String name, String value) {}

    private final long[] numbers;
    private final @Nullable String[] texts;
    private final byte[] @Nullable [] data;
    private final List<UserProperty> userProperties;
    private final List<Integer> subscriptionIdentifiers;

    private Properties(Builder from) {
        numbers = from.numbers.clone();
        texts = from.texts.clone();
        data = from.data.clone();
        userProperties = List.copyOf(from.userProperties);
        subscriptionIdentifiers = List.copyOf(from.subscriptionIdentifiers);
    }

    private Properties(Properties from) {
        numbers = from.numbers.clone();
        texts = from.texts;
        data = from.data;
        userProperties = from.userProperties;
        subscriptionIdentifiers = from.subscriptionIdentifiers;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** The number, or {@code otherwise} when it is not there. */
    public long number(Property property, long otherwise) {
        long number = numbers[property.ordinal()];
        return number < 0 ? otherwise : number;
    }

    public boolean has(Property property) {
        int i = property.ordinal();
        return switch (property.form()) {
            case TEXT -> texts[i] != null;
            case DATA -> data[i] != null;
            case TEXT_PAIR -> !userProperties.isEmpty();
            case VARIABLE -> !subscriptionIdentifiers.isEmpty();
            case BYTE, TWO_BYTES, FOUR_BYTES -> numbers[i] >= 0;
        };
    }

    public @Nullable String text(Property property) {
        return texts[property.ordinal()];
    }

    /** Not to be written to. */
    public byte @Nullable [] data(Property property) {
        return data[property.ordinal()];
    }

    public List<UserProperty> userProperties() {
        return userProperties;
    }

    public List<Integer> subscriptionIdentifiers() {
        return subscriptionIdentifiers;
    }

    /** Bytes of the encoded properties, without the length in front of them. */
    int encodedLength() {
        int length = 0;
        for (Property property : ALL) {
            int i = property.ordinal();
            String text = texts[i];
            byte[] bytes = data[i];
            if (numbers[i] >= 0) {
                length += 1 + numberLength(property);
            } else if (text != null) {
                length += 3 + Wire.utf8Length(text);
            } else if (bytes != null) {
                length += 3 + bytes.length;
            }
        }
        for (int identifier : subscriptionIdentifiers) {
            length += 1 + Wire.variableLength(identifier);
        }
        for (UserProperty pair : userProperties) {
            length += 5 + Wire.utf8Length(pair.name()) + Wire.utf8Length(pair.value());
        }
        return length;
    }

    private static int numberLength(Property property) {
        return switch (property.form()) {
            case BYTE -> 1;
            case TWO_BYTES -> 2;
            case FOUR_BYTES -> 4;
            case VARIABLE, TEXT, DATA, TEXT_PAIR -> throw new IllegalStateException();
        };
    }

    /** The same without one of the numbers. */
    public Properties without(Property property) {
        if (!has(property)) {
            return this;
        }
        Properties copy = new Properties(this);
        copy.numbers[property.ordinal()] = -1;
        return copy;
    }

    /** Writes the properties, without the length in front of them. */
    public void encode(ByteBuf out) {
        for (Property property : ALL) {
            int i = property.ordinal();
            String text = texts[i];
            byte[] bytes = data[i];
            if (numbers[i] >= 0) {
                encodeNumber(property, numbers[i], out);
            } else if (text != null) {
                out.writeByte(property.id());
                Wire.writeText(out, text);
            } else if (bytes != null) {
                out.writeByte(property.id());
                Wire.writeData(out, bytes);
            }
        }
        for (int identifier : subscriptionIdentifiers) {
            out.writeByte(Property.SUBSCRIPTION_IDENTIFIER.id());
            Wire.writeVariable(out, identifier);
        }
        for (UserProperty pair : userProperties) {
            out.writeByte(Property.USER_PROPERTY.id());
            Wire.writeText(out, pair.name());
            Wire.writeText(out, pair.value());
        }
    }

    private static void encodeNumber(Property property, long number, ByteBuf out) {
        out.writeByte(property.id());
        switch (numberLength(property)) {
            case 1 -> out.writeByte((int) number);
            case 2 -> out.writeShort((int) number);
            default -> out.writeInt((int) number);
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Properties that
                && Arrays.equals(numbers, that.numbers)
                && Arrays.equals(texts, that.texts)
                && Arrays.deepEquals(data, that.data)
                && userProperties.equals(that.userProperties)
                && subscriptionIdentifiers.equals(that.subscriptionIdentifiers);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(numbers) * 31 + Arrays.hashCode(texts) + userProperties.hashCode();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("Properties[");
        for (Property property : ALL) {
            if (has(property)) {
                text.append(property).append(' ');
            }
        }
        return text.append(']').toString();
    }

    /** Gathers properties. Not for several threads. */
    public static final class Builder {
        private final long[] numbers = new long[Property.values().length];
        private final @Nullable String[] texts = new @Nullable String[numbers.length];
        private final byte[] @Nullable [] data = new byte[numbers.length] @Nullable [];
        private final List<UserProperty> userProperties = new ArrayList<>();
        private final List<Integer> subscriptionIdentifiers = new ArrayList<>();

        private Builder() {
            Arrays.fill(numbers, -1);
        }

        public Builder number(Property property, long value) {
            if (property.form() == Property.Form.VARIABLE) {
                subscriptionIdentifiers.add((int) value);
            } else {
                numberLength(property);
                numbers[property.ordinal()] = value;
            }
            return this;
        }

        public Builder text(Property property, String value) {
            texts[property.ordinal()] = value;
            return this;
        }

        public Builder data(Property property, byte[] value) {
            data[property.ordinal()] = value;
            return this;
        }

        public Builder user(String name, String value) {
            userProperties.add(new UserProperty(name, value));
            return this;
        }

        public Properties build() {
            return new Properties(this);
        }
    }

    /** Reads the properties that the cursor was set over. */
    static Properties read(PropertyCursor cursor, byte[] bytes) throws MqttCodecException {
        @Nullable Builder builder = null;
        while (cursor.next()) {
            if (builder == null) {
                builder = new Builder();
            }
            Property property = cursor.property();
            switch (property.form()) {
                case BYTE, TWO_BYTES, FOUR_BYTES, VARIABLE ->
                        builder.number(property, cursor.number());
                case TEXT ->
                        builder.text(property, text(bytes, cursor.dataAt(), cursor.dataLength()));
                case DATA ->
                        builder.data(
                                property,
                                Arrays.copyOfRange(
                                        bytes,
                                        cursor.dataAt(),
                                        cursor.dataAt() + cursor.dataLength()));
                case TEXT_PAIR ->
                        builder.user(
                                text(bytes, cursor.dataAt(), cursor.dataLength()),
                                text(bytes, cursor.secondAt(), cursor.secondLength()));
            }
        }
        return builder == null ? NONE : builder.build();
    }

    private static String text(byte[] bytes, int at, int length) {
        return new String(bytes, at, length, StandardCharsets.UTF_8);
    }
}
