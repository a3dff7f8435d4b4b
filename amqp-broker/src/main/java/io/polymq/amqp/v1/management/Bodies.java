package io.polymq.amqp.v1.management;

import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.Arguments;
import io.polymq.amqp.model.Binding;
import io.polymq.amqp.v1.address.PercentCode;
import io.polymq.amqp.v1.message.Conversion;
import io.polymq.amqp.v1.type.AmqpArray;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import io.polymq.core.queue.QueueStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values that requests bring and replies take. Stateless. */
final class Bodies {

    private Bodies() {}

    /**
     * The entries of a request's map, of which each is known.
     *
     * @param what a queue, an exchange or a binding, for the sentence of a refusal
     * @throws Refusal when it is no map, or one with an unknown or mistyped entry
     */
    static Map<String, Object> entries(
            @Nullable Object body, String what, Map<String, Class<?>> known) {
        if (!(body instanceof Map<?, ?> map)) {
            throw Refusal.bad("the body of a " + what + " must be a map");
        }
        Map<String, Object> entries = new LinkedHashMap<>();
        map.forEach(
                (name, value) -> {
                    Class<?> type = name instanceof String text ? known.get(text) : null;
                    if (type == null || value == null || !type.isInstance(value)) {
                        throw Refusal.bad("bad " + what + " " + name + " " + value);
                    }
                    entries.put(String.valueOf(name), value);
                });
        return entries;
    }

    static boolean flag(Map<String, Object> entries, String name, boolean standard) {
        return entries.get(name) instanceof Boolean given ? given : standard;
    }

    static @Nullable String text(Map<String, Object> entries, String name) {
        return entries.get(name) instanceof String given ? given : null;
    }

    /**
     * @throws Refusal when a name is no text
     */
    static Arguments arguments(Map<String, Object> entries) {
        if (!(entries.get("arguments") instanceof Map<?, ?> given)) {
            return Arguments.NONE;
        }
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        given.forEach(
                (name, value) -> {
                    if (!(name instanceof String || name instanceof Symbol)) {
                        throw Refusal.bad("unsupported argument " + name);
                    }
                    values.put(name.toString(), Conversion.toField(value));
                });
        return Arguments.of(values);
    }

    private static Map<String, @Nullable Object> arguments(Arguments arguments) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        arguments.values().forEach((name, value) -> values.put(name, Conversion.fromField(value)));
        return values;
    }

    static Map<String, @Nullable Object> queue(
            AmqpQueue queue, QueueStatistics counts, String node) {
        Map<String, @Nullable Object> body = new LinkedHashMap<>();
        body.put("leader", node);
        body.put("replicas", new AmqpArray(List.of(node)));
        body.put("message_count", Unsigned.ofLong(counts.ready()));
        body.put("consumer_count", Unsigned.ofInt(queue.consumerCount()));
        body.put("name", queue.name());
        body.put("vhost", queue.host().name());
        body.put("durable", queue.definition().durable());
        body.put("auto_delete", queue.definition().autoDelete());
        body.put("exclusive", queue.definition().exclusive());
        body.put("type", queue.definition().type().word());
        body.put("arguments", arguments(queue.definition().arguments()));
        return body;
    }

    static Map<String, @Nullable Object> messageCount(long count) {
        Map<String, @Nullable Object> body = new LinkedHashMap<>();
        body.put("message_count", Unsigned.ofLong(count));
        return body;
    }

    static Map<String, @Nullable Object> binding(Binding binding) {
        Map<String, @Nullable Object> body = new LinkedHashMap<>();
        body.put("source", binding.source());
        body.put(
                binding.toExchange() ? "destination_exchange" : "destination_queue",
                binding.destination());
        body.put("binding_key", binding.key());
        body.put("arguments", arguments(binding.arguments()));
        body.put(
                "location",
                "/bindings/src="
                        + PercentCode.encode(binding.source())
                        + ";dst"
                        + (binding.toExchange() ? 'e' : 'q')
                        + "="
                        + PercentCode.encode(binding.destination())
                        + ";key="
                        + PercentCode.encode(binding.key())
                        + ";args="
                        + argumentsHash(binding));
        return body;
    }

    /** Tells bindings of the same ends and key apart; empty for one without arguments. */
    static String argumentsHash(Binding binding) {
        return binding.arguments().values().isEmpty()
                ? ""
                : Integer.toUnsignedString(binding.arguments().hashCode(), 36);
    }
}
