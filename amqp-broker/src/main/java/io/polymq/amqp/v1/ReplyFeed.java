package io.polymq.amqp.v1;

import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.v1.message.Incoming;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.queue.QueuedMessage;
import io.polymq.core.subject.Subject;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * The replies of the management node to one client, which are nobody's once they are sent. They
 * wait for credit, up to a bound. Connection zone.
 */
final class ReplyFeed implements Feed {

    private static final int MOST_WAITING = 1024;

    private final V1Connection connection;
    private final OutgoingLink link;
    private final ArrayDeque<KeptMessage> waiting = new ArrayDeque<>();
    private int credit;
    private long sent;

    ReplyFeed(OutgoingLink link) {
        this.link = link;
        this.connection = link.session().connection();
    }

    /**
     * @return false when too many wait already
     */
    boolean reply(byte[] sections) {
        if (waiting.size() >= MOST_WAITING) {
            return false;
        }
        Incoming parts = new Incoming(sections.length).read(sections, 0, sections.length);
        byte[] header = new byte[Envelope.size(0, 0, parts.ownLength())];
        Envelope.write(new byte[0], new byte[0], parts.own(), 0, parts.ownLength(), header);
        waiting.add(
                new Message()
                        .begin(
                                Subject.EMPTY,
                                parts.payload(),
                                parts.payloadOffset(),
                                parts.payloadLength())
                        .header(
                                connection.broker().v1Codec(),
                                header,
                                0,
                                header.length,
                                parts.flags())
                        .keep());
        send();
        return true;
    }

    private void send() {
        while (credit > 0 && !waiting.isEmpty()) {
            credit--;
            QueuedMessage reply =
                    new QueuedMessage(
                            sent++,
                            waiting.remove(),
                            1,
                            false,
                            connection.broker().clock().millis());
            // behind whoever asks, which counts what it has asked for first
            connection.network().loop().execute(() -> link.arrived(List.of(reply)));
        }
    }

    @Override
    public void begin() {
        // replies come when requests have come
    }

    @Override
    public void credit(int more) {
        credit += more;
        send();
    }

    @Override
    public void drain(IntConsumer then) {
        int left = credit;
        credit = 0;
        connection.network().loop().execute(() -> then.accept(left));
    }

    @Override
    public void close() {
        waiting.clear();
    }
}
