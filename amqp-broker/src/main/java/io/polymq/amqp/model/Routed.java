package io.polymq.amqp.model;

import io.polymq.core.message.HeaderCodec;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageProperties;
import io.polymq.core.message.WireForm;
import java.util.ArrayList;

/**
 * The queues that a message in the hands of the core's router has been given to, so that a queue
 * with several matching bindings gets it once. Belongs to whoever routes the message.
 */
final class Routed extends WireForm {

    /** Tells these marks from what other protocols attach. */
    private static final HeaderCodec KEY =
            new HeaderCodec() {
                @Override
                public String protocol() {
                    return "amqp-routed";
                }

                @Override
                public MessageProperties decode(byte[] header, int offset, int length, int flags) {
                    return MessageProperties.NONE;
                }
            };

    private final ArrayList<AmqpQueue> queues = new ArrayList<>();

    private Routed() {
        super(KEY);
    }

    static Routed of(Message message) {
        WireForm form = message.form(KEY);
        Routed routed;
        if (form instanceof Routed known) {
            routed = known;
        } else {
            routed = new Routed();
            message.attach(routed);
        }
        if (!message.isCurrent(routed)) {
            routed.queues.clear();
            message.filled(routed);
        }
        return routed;
    }

    /** Whether it is the first time. */
    boolean add(AmqpQueue queue) {
        if (queues.contains(queue)) {
            return false;
        }
        queues.add(queue);
        return true;
    }

    void addAll(Routed other) {
        queues.addAll(other.queues);
    }
}
