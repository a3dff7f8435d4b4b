package io.polymq.amqp.v1;

import io.polymq.amqp.management.ClientList;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.FrameException;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.amqp.v1.frame.Terminus;
import io.polymq.amqp.v1.frame.Transfer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A link by which a client sends: gives credit, puts messages together from any number of
 * transfers. Connection zone.
 */
final class IncomingLink implements Link {

    private static final int FIRST_BYTES = 64 << 10;
    private static final int MOST_TAG = 32;
    private static final byte[] NOTHING = {};
    private static final String REJECTED = "amqp:rejected:list";

    private final Session session;
    private final String name;
    private final long handle;
    private final @Nullable String address;
    private final boolean presettled;
    private final Arrival arrival;
    private final boolean second;
    private final boolean rejects;
    private int deliveryCount;
    private int credit;
    private int open;
    private boolean ended;

    private boolean inDelivery;
    private int deliveryId;
    private boolean settled;
    private @Nullable DeliveryState state;
    private byte[] partial = NOTHING;
    private int partialLength;

    /**
     * @param address of what it leads to; null for what has none
     */
    IncomingLink(
            Session session,
            Performative.Attach attach,
            @Nullable String address,
            Arrival arrival) {
        this.session = session;
        this.name = attach.name();
        this.handle = attach.handle();
        this.second = attach.receiverMode() == 1;
        this.rejects = attach.source() == null || takesRejections(attach.source());
        this.deliveryCount = (int) Math.max(0, attach.initialDeliveryCount());
        this.address = address;
        this.presettled = Attaching.isSettled(attach);
        this.arrival = arrival;
    }

    /** A source that names no outcomes takes all. */
    private static boolean takesRejections(Terminus.Source source) {
        return source.outcomes().isEmpty() || source.outcomes().contains(REJECTED);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long handle() {
        return handle;
    }

    @Override
    public Session session() {
        return session;
    }

    @Override
    public boolean isIncoming() {
        return true;
    }

    ClientList.Link listed() {
        return new ClientList.Link(
                handle, name, address, presettled, deliveryCount & 0xFFFF_FFFFL, credit, open);
    }

    // Credit.

    /** Gives the first credit; the answer to the attach was written. */
    void begin() {
        refill();
    }

    private void refill() {
        if (ended
                || credit + open > Limits.LINK_CREDIT / 2
                || session.connection().broker().alarms().isOn()) {
            return;
        }
        credit = Limits.LINK_CREDIT - open;
        session.sendFlow(this, deliveryCount, credit, false);
    }

    /** So many deliveries are settled. */
    void settled(int number) {
        open -= number;
        refill();
    }

    /** What an alarm has held back is given when it is over. */
    void tick() {
        refill();
    }

    @Override
    public void flow(Performative.Flow flow) {
        if (flow.deliveryCount() != Performative.ABSENT && !inDelivery) {
            int skipped = (int) flow.deliveryCount() - deliveryCount;
            if (skipped > 0 && skipped <= credit) {
                deliveryCount += skipped;
                credit -= skipped;
            }
        }
        if (flow.echo()) {
            session.sendFlow(this, deliveryCount, credit, false);
        } else {
            refill();
        }
    }

    // Messages.

    void transfer(Transfer transfer, byte[] bytes, int offset, int length) {
        if (!inDelivery) {
            begin(transfer);
        } else if (transfer.deliveryId() != Transfer.NONE
                && (int) transfer.deliveryId() != deliveryId) {
            throw FrameException.session(
                    Condition.NOT_ALLOWED, "a delivery begins in the middle of another");
        }
        settled |= transfer.settled();
        if (transfer.receiverMode() == 1 && !second) {
            throw FrameException.link(
                    Condition.INVALID_FIELD, "the link's receiver settles first (2.7.5)");
        }
        if (transfer.state() != null) {
            state = transfer.state();
        }
        if (transfer.aborted()) {
            drop();
            refill();
            return;
        }
        int most = session.connection().broker().settings().maxMessageSize();
        if (length > most - partialLength) {
            drop();
            throw FrameException.link(
                    Condition.MESSAGE_SIZE_EXCEEDED, "a message of more than " + most + " bytes");
        }
        if (transfer.more()) {
            append(bytes, offset, length);
        } else if (partialLength == 0) {
            complete(bytes, offset, length);
        } else {
            append(bytes, offset, length);
            byte[] whole = partial;
            int size = partialLength;
            drop();
            complete(whole, 0, size);
        }
    }

    private void begin(Transfer transfer) {
        if (transfer.deliveryId() == Transfer.NONE || !transfer.hasTag()) {
            throw FrameException.session(
                    Condition.INVALID_FIELD, "a delivery begins without its id or its tag");
        }
        if (transfer.tagLength() > MOST_TAG) {
            throw FrameException.session(
                    Condition.INVALID_FIELD, "a delivery tag of more than " + MOST_TAG + " bytes");
        }
        if (transfer.resume()) {
            throw FrameException.link(
                    Condition.NOT_IMPLEMENTED, "deliveries cannot be resumed: links are not kept");
        }
        if (transfer.messageFormat() != 0) {
            throw FrameException.link(
                    Condition.NOT_IMPLEMENTED,
                    "message format " + transfer.messageFormat() + " is not known");
        }
        if (credit <= 0) {
            throw FrameException.link(
                    Condition.TRANSFER_LIMIT_EXCEEDED, "a delivery for which there is no credit");
        }
        credit--;
        deliveryCount++;
        inDelivery = true;
        deliveryId = (int) transfer.deliveryId();
        settled = false;
        state = null;
    }

    private void append(byte[] bytes, int offset, int length) {
        session.connection().partial(length);
        if (partial.length < partialLength + length) {
            int room = Math.max(FIRST_BYTES, partial.length * 2);
            partial = Arrays.copyOf(partial, Math.max(room, partialLength + length));
        }
        System.arraycopy(bytes, offset, partial, partialLength, length);
        partialLength += length;
    }

    private void drop() {
        session.connection().partial(-partialLength);
        partial = NOTHING;
        partialLength = 0;
        inDelivery = false;
    }

    private void complete(byte[] bytes, int offset, int length) {
        inDelivery = false;
        if (!settled) {
            open++;
        }
        arrival.message(this, deliveryId, settled, state, bytes, offset, length);
        if (settled) {
            refill();
        }
    }

    /** Whether a delivery waits for its sender to settle it when it has its outcome. */
    boolean isSettledBySender() {
        return second;
    }

    /** Whether its client hears of a rejection; else the link is detached with the error. */
    boolean rejects() {
        return rejects;
    }

    // The end.

    @Override
    public void detached(boolean forGood) {
        close();
        session.answerDetach(this, forGood);
    }

    @Override
    public void close() {
        if (!ended) {
            ended = true;
            drop();
            arrival.closed();
        }
    }
}
