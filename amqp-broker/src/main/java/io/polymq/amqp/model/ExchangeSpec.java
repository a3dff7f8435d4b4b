package io.polymq.amqp.model;

/**
 * What an exchange was declared as.
 *
 * @param internal whether only other exchanges may send to it
 */
public record ExchangeSpec(
        String name,
        ExchangeType type,
        boolean durable,
        boolean autoDelete,
        boolean internal,
        Arguments arguments) {

    /** Durable, without arguments. */
    public static ExchangeSpec of(String name, ExchangeType type) {
        return new ExchangeSpec(name, type, true, false, false, Arguments.NONE);
    }
}
