package io.polymq.amqp.model;

/**
 * From an exchange to a queue or another exchange. Bindings that differ in key or arguments are
 * different ones.
 *
 * @param toExchange whether the destination is an exchange
 */
public record Binding(
        String source, String destination, boolean toExchange, String key, Arguments arguments) {

    /** How management names it among those of the same two ends. */
    public String propertiesKey() {
        if (arguments.values().isEmpty()) {
            return key.isEmpty() ? "~" : key;
        }
        return key + "~" + Integer.toUnsignedString(arguments.hashCode(), 36);
    }
}
