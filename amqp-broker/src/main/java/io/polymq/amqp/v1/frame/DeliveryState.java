package io.polymq.amqp.v1.frame;

import io.polymq.amqp.v1.type.Symbol;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What has become of a delivery. */
public sealed interface DeliveryState {

    /** A state in which a delivery ends. */
    sealed interface Outcome extends DeliveryState {}

    /** Processed. */
    record Accepted() implements Outcome {}

    /** Invalid and not to be processed. */
    record Rejected(@Nullable ErrorInfo error) implements Outcome {}

    /** Not processed. */
    record Released() implements Outcome {}

    /** Not processed, and the message is to be changed. */
    record Modified(
            boolean deliveryFailed,
            boolean undeliverableHere,
            Map<Symbol, @Nullable Object> annotations)
            implements Outcome {}

    /** A part of it has come; not an end. */
    record Received(long section, long offset) implements DeliveryState {}

    /** The coordinator has begun a transaction. */
    record Declared(byte[] transaction) implements Outcome {}

    /** Belongs to a transaction; a retirement has an outcome. */
    record Transactional(byte[] transaction, @Nullable Outcome outcome) implements DeliveryState {}

    DeliveryState.Accepted ACCEPTED = new Accepted();
    DeliveryState.Released RELEASED = new Released();
}
