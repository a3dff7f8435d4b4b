package io.polymq.amqp.v1.type;

/** A single Unicode character. */
public record Character32(int codePoint) {

    @Override
    public String toString() {
        return Character.isValidCodePoint(codePoint) ? Character.toString(codePoint) : "";
    }
}
