package io.polymq.amqp;

import io.polymq.codec.amqp.AmqpException;
import io.polymq.codec.amqp.FieldTable;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client says of itself, and that it understands.
 *
 * @param properties as it gave them
 */
record ClientAbilities(
        boolean cancelNotify,
        boolean blockedNotify,
        boolean authenticationFailureClose,
        String name,
        Map<String, @Nullable Object> properties) {

    static final ClientAbilities NONE = new ClientAbilities(false, false, false, "", Map.of());

    /**
     * @throws AmqpException when the table cannot be read
     */
    static ClientAbilities of(FieldTable properties) {
        Map<?, ?> can =
                properties.get("capabilities") instanceof Map<?, ?> table ? table : Map.of();
        Object name = properties.get("connection_name");
        return new ClientAbilities(
                Boolean.TRUE.equals(can.get("consumer_cancel_notify")),
                Boolean.TRUE.equals(can.get("connection.blocked")),
                Boolean.TRUE.equals(can.get("authentication_failure_close")),
                name instanceof String text ? text : "",
                new LinkedHashMap<>(properties.entries()));
    }
}
