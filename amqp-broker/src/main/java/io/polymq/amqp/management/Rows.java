package io.polymq.amqp.management;

import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.Arguments;
import io.polymq.amqp.model.Binding;
import io.polymq.amqp.model.Exchange;
import io.polymq.amqp.model.Policy;
import io.polymq.amqp.model.QueueDefinition;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.core.queue.QueueStatistics;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Things of the model as RabbitMQ lists them. */
final class Rows {

    private final String node;
    private final Rates rates;

    Rows(ManagementParams params) {
        this.node = params.node();
        this.rates = new Rates(params.clock());
    }

    /** Values of tables as JSON can hold them. */
    static @Nullable Object plain(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Instant time -> time.getEpochSecond();
            case byte[] bytes -> new String(bytes, StandardCharsets.UTF_8);
            case Map<?, ?> map -> {
                Map<String, @Nullable Object> copy = new LinkedHashMap<>();
                map.forEach((name, one) -> copy.put(String.valueOf(name), plain(one)));
                yield copy;
            }
            case List<?> list -> {
                List<@Nullable Object> copy = new ArrayList<>();
                list.forEach(one -> copy.add(plain(one)));
                yield copy;
            }
            case Number number -> number;
            case Boolean flag -> flag;
            default -> value.toString();
        };
    }

    static Map<String, @Nullable Object> arguments(Arguments arguments) {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        arguments.values().forEach((name, value) -> copy.put(name, plain(value)));
        return copy;
    }

    Map<String, @Nullable Object> exchange(Exchange exchange) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("name", exchange.name());
        row.put("vhost", exchange.host().name());
        row.put("type", exchange.spec().type().word());
        row.put("durable", exchange.spec().durable());
        row.put("auto_delete", exchange.spec().autoDelete());
        row.put("internal", exchange.spec().internal());
        row.put("arguments", arguments(exchange.spec().arguments()));
        row.put("policy", exchange.policy());
        row.put("user_who_performed_action", "");
        return row;
    }

    /**
     * @param counts null when they could not be had: the queue is going
     */
    Map<String, @Nullable Object> queue(AmqpQueue queue, @Nullable QueueStatistics counts) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("name", queue.name());
        row.put("vhost", queue.host().name());
        row.put("type", queue.definition().type().word());
        row.put("durable", queue.definition().durable());
        row.put("auto_delete", queue.definition().autoDelete());
        row.put("exclusive", queue.definition().exclusive());
        row.put("arguments", arguments(queue.definition().arguments()));
        row.put("node", node);
        row.put("state", counts == null ? "down" : "running");
        row.put("policy", queue.policy());
        row.put("operator_policy", queue.operatorPolicy());
        row.put("effective_policy_definition", effective(queue));
        if (queue.definition().type() == QueueDefinition.Type.QUORUM) {
            row.put("leader", node);
            row.put("members", List.of(node));
            row.put("online", List.of(node));
        }
        if (counts != null) {
            counts(row, queue, counts);
        }
        return row;
    }

    private static Map<String, Object> effective(AmqpQueue queue) {
        Map<String, Object> merged = new LinkedHashMap<>();
        VirtualHost host = queue.host();
        host.policies().all().stream()
                .filter(policy -> policy.name().equals(queue.policy()))
                .map(Policy::definition)
                .forEach(merged::putAll);
        host.policies().ofOperator().stream()
                .filter(policy -> policy.name().equals(queue.operatorPolicy()))
                .map(Policy::definition)
                .forEach(
                        bounds ->
                                bounds.forEach(
                                        (name, bound) -> merged.merge(name, bound, Rows::smaller)));
        return merged;
    }

    private static Object smaller(Object mine, Object bound) {
        return mine instanceof Number one
                        && bound instanceof Number other
                        && one.doubleValue() < other.doubleValue()
                ? mine
                : bound;
    }

    private void counts(
            Map<String, @Nullable Object> row, AmqpQueue queue, QueueStatistics counts) {
        row.put("consumers", counts.consumers());
        row.put("messages", counts.ready() + counts.inFlight());
        row.put("messages_ready", counts.ready());
        row.put("messages_unacknowledged", counts.inFlight());
        row.put("message_bytes_ready", counts.bytes());
        row.put("message_bytes", counts.bytes());
        Map<String, Long> stats = new LinkedHashMap<>();
        stats.put("publish", counts.published());
        stats.put("deliver_get", counts.delivered());
        stats.put("ack", counts.acknowledged());
        stats.put("redeliver", counts.redelivered());
        row.put("message_stats", rates.with(queue, stats));
    }

    Map<String, @Nullable Object> consumer(
            AmqpQueue queue, AmqpQueue.Consumer consumer, @Nullable String connection) {
        Map<String, @Nullable Object> channel = new LinkedHashMap<>();
        channel.put("name", consumer.where());
        channel.put("connection_name", connection == null ? "" : connection);
        channel.put("node", node);
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("consumer_tag", consumer.tag());
        row.put("queue", Map.of("name", queue.name(), "vhost", queue.host().name()));
        row.put("ack_required", consumer.ack());
        row.put("exclusive", consumer.exclusive());
        row.put("prefetch_count", consumer.prefetch());
        row.put("arguments", arguments(consumer.arguments()));
        row.put("channel_details", channel);
        row.put("active", true);
        row.put("activity_status", "up");
        return row;
    }

    static Map<String, @Nullable Object> binding(VirtualHost host, Binding binding) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("source", binding.source());
        row.put("vhost", host.name());
        row.put("destination", binding.destination());
        row.put("destination_type", binding.toExchange() ? "exchange" : "queue");
        row.put("routing_key", binding.key());
        row.put("arguments", arguments(binding.arguments()));
        row.put("properties_key", binding.propertiesKey());
        return row;
    }

    /** That every queue is bound to the exchange without a name. */
    static Binding implicit(AmqpQueue queue) {
        return new Binding("", queue.name(), false, queue.name(), Arguments.NONE);
    }

    static Map<String, @Nullable Object> policy(VirtualHost host, Policy policy) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("vhost", host.name());
        row.put("name", policy.name());
        row.put("pattern", policy.pattern());
        row.put("apply-to", policy.applyTo().word());
        row.put("priority", policy.priority());
        row.put("definition", plain(policy.definition()));
        return row;
    }
}
