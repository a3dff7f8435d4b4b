package io.polymq.amqp.model;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds the queues of a message by following its exchange's bindings, those of exchanges behind it,
 * and alternate exchanges where nothing fits. Each exchange is visited once. One thread.
 */
final class Walk {

    /**
     * An annotation that names the delayed exchange which a message waits for; never seen outside.
     */
    static final String DELAYED_AT = "polymq-delayed-at";

    /** Whose messages {@link io.polymq.core.service.DelayedMessages} hands back. */
    static final String DELAYED_KIND = "amqp";

    private final ModelParams params;
    private final List<AmqpQueue> queues = new ArrayList<>();
    private final Set<Exchange> visited = new HashSet<>();
    private final ArrayDeque<Exchange> open = new ArrayDeque<>();
    private boolean subjects;
    private boolean cacheable;
    private boolean delayed;
    private boolean found;
    private boolean asking;
    private @Nullable Exchange resumed;
    private BooleanSupplier putOff = () -> false;

    Walk(ModelParams params) {
        this.params = params;
    }

    /** What says whether a message has been put off before, and is not to be once more. */
    void putOff(BooleanSupplier before) {
        putOff = before;
    }

    Walk begin(Exchange from, List<String> keys, Message message) {
        queues.clear();
        visited.clear();
        subjects = false;
        delayed = false;
        cacheable = true;
        visited.add(from);
        open.add(from);
        Envelope envelope = null;
        while (!open.isEmpty()) {
            Exchange exchange = open.remove();
            if (envelope == null) {
                envelope = envelopeOf(message, exchange, keys.getFirst());
            }
            visit(exchange, keys, message, envelope);
        }
        resumed = null;
        return this;
    }

    /** The same, past the delay of this exchange. */
    Walk resume(Exchange from, List<String> keys, Message message) {
        resumed = from;
        return begin(from, keys, message);
    }

    /** For who only wants to know: nothing is put off or remembered on the way. */
    Walk asking() {
        asking = true;
        return this;
    }

    private Envelope envelopeOf(Message message, Exchange exchange, String key) {
        Envelope known = Envelope.of(message);
        return known != null
                ? known
                : Foreign.envelope(message, params.codec(), exchange.name(), key);
    }

    private void visit(Exchange exchange, List<String> keys, Message message, Envelope envelope) {
        found = false;
        if (exchange.isDelayed()
                && exchange != resumed
                && !asking
                && delay(exchange, message, envelope)) {
            delayed = true;
            cacheable = false;
            return;
        }
        if (exchange.isSubjectSpace()) {
            subjects = true;
            return;
        }
        if (exchange.isDelayed() || exchange.matcher().isPerMessage()) {
            cacheable = false;
        }
        History history = exchange.history();
        if (history != null && !asking) {
            cacheable = false;
            history.add(message.keep(), envelope.headers().get("x-recent-history-no-store"));
        }
        for (String key : keys) {
            if (exchange.name().isEmpty()) {
                take(exchange.host().queues().find(key));
            } else {
                exchange.matcher().match(key, envelope, this::take);
            }
        }
        String alternate = exchange.alternate();
        if (!found && alternate != null) {
            Exchange next = exchange.host().exchange(alternate);
            if (next != null && visited.add(next)) {
                open.add(next);
            }
        }
    }

    private void take(@Nullable Destination destination) {
        switch (destination) {
            case null -> {}
            case AmqpQueue queue -> {
                found = true;
                if (!queues.contains(queue)) {
                    queues.add(queue);
                }
            }
            case Exchange exchange -> {
                found = true;
                if (visited.add(exchange)) {
                    open.add(exchange);
                }
            }
        }
    }

    /** Puts it off as its header says; false when it says nothing. */
    private boolean delay(Exchange exchange, Message message, Envelope envelope) {
        Object wish = Arguments.of(envelope.headers()).get("x-delay");
        long millis =
                wish instanceof Long number ? number : wish instanceof String s ? parse(s) : 0;
        if (millis <= 0) {
            return false;
        }
        Map<String, @Nullable Object> annotations = new LinkedHashMap<>(envelope.allAnnotations());
        annotations.put("x-delay", -millis);
        if (putOff.getAsBoolean()) {
            return true;
        }
        later(params, exchange, message, envelope, annotations, params.clock().millis() + millis);
        return true;
    }

    /** Keeps a message until its time has come to go through the exchange. */
    static void later(
            ModelParams params,
            Exchange exchange,
            Message message,
            Envelope envelope,
            Map<String, @Nullable Object> annotations,
            long at) {
        annotations.put(DELAYED_AT, exchange.name());
        KeptMessage kept =
                Foreign.annotated(message.keep(), envelope, annotations, envelope.flags());
        Receipt receipt = message.receipt();
        if (receipt != null) {
            receipt.expect();
        }
        params.delayed()
                .schedule(DELAYED_KIND, exchange.host().tenant(), kept, at)
                .whenComplete(
                        (ticket, failure) -> {
                            if (receipt != null) {
                                receipt.done(failure);
                            }
                        });
    }

    private static long parse(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    List<AmqpQueue> queues() {
        return queues;
    }

    /** Whether subscribers of the subject get it as well. */
    boolean toSubjects() {
        return subjects;
    }

    /** For who is a subscriber already: does not go round in a circle. */
    Walk withoutSubjects() {
        subjects = false;
        return this;
    }

    boolean isCacheable() {
        return cacheable;
    }

    /** Whether it waits for its time in a delayed exchange. */
    boolean isDelayed() {
        return delayed;
    }
}
