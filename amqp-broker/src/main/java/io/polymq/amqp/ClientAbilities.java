package io.polymq.amqp;

import io.polymq.codec.amqp.AmqpException;
import io.polymq.codec.amqp.FieldTable;
import java.util.Map;

/** What a client says that it understands. */
record ClientAbilities(
        boolean cancelNotify,
        boolean blockedNotify,
        boolean authenticationFailureClose,
        String name) {

    static final ClientAbilities NONE = new ClientAbilities(false, false, false, "");

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
                name instanceof String text ? text : "");
    }
}
