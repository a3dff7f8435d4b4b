package io.polymq.amqp.v1.type;

/** A symbolic value: ASCII text from a domain that peers agree on. */
public record Symbol(String text) {

    @Override
    public String toString() {
        return text;
    }
}
