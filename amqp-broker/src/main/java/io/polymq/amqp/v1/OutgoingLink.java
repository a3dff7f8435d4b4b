package io.polymq.amqp.v1;

import io.polymq.amqp.management.ClientList;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.core.queue.QueuedMessage;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A link by which a client receives. The client's credit is asked of the feed in portions, so that
 * what has come and cannot be sent yet stays small; what has come waits for the session's window
 * and for room in the outbox. Connection zone.
 */
final class OutgoingLink implements Link {

    private static final int PORTION_BYTES = 1 << 20;
    private static final int MOST_PORTION = 2048;
    private static final int FIRST_PORTION = 64;

    private final Session session;
    private final String name;
    private final long handle;
    private final @Nullable String address;
    private final boolean settled;
    private final DeliveryState.Outcome standard;
    private final int maxUnsettled;
    private final DeliveryWriter writer;
    private final ArrayDeque<QueuedMessage> parked = new ArrayDeque<>();
    private @Nullable Feed feed;
    private @Nullable Runnable atEnd;
    private @Nullable Supplier<CompletableFuture<Long>> atUnsubscribe;
    private int deliveryCount;
    private int credit;
    private boolean drain;
    private boolean drainOwed;

    /** Asked of the feed and not come. */
    private int asked;

    private boolean takingBack;
    private int unsettled;
    private int portion = FIRST_PORTION;
    private int averageBytes;
    private boolean ended;

    OutgoingLink(
            Session session,
            Performative.Attach attach,
            @Nullable String address,
            boolean settled,
            DeliveryState.Outcome standard,
            DeliveryWriter.Annotator annotator) {
        this.session = session;
        this.name = attach.name();
        this.handle = attach.handle();
        this.address = address;
        this.settled = settled;
        this.standard = standard;
        this.maxUnsettled = session.connection().broker().settings().maxUnacked();
        this.writer = new DeliveryWriter(session, handle, settled, annotator);
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
        return false;
    }

    /** Begins; the answer to the attach was written. */
    void begin(Feed from) {
        feed = from;
        from.begin();
    }

    Feed feed() {
        Feed known = feed;
        if (known == null) {
            throw new IllegalStateException("a link without a feed");
        }
        return known;
    }

    /** Runs when the client ends the link for good, and not only this attachment. */
    void atUnsubscribe(Supplier<CompletableFuture<Long>> action) {
        atUnsubscribe = action;
    }

    /** Runs when the link ends, whatever the way. */
    void atEnd(@Nullable Runnable action) {
        atEnd = action;
    }

    ClientList.Link listed() {
        return new ClientList.Link(
                handle, name, address, settled, deliveryCount & 0xFFFF_FFFFL, credit, unsettled);
    }

    // Credit.

    @Override
    public void flow(Performative.Flow flow) {
        if (flow.linkCredit() != Performative.ABSENT) {
            int theirs =
                    flow.deliveryCount() == Performative.ABSENT ? 0 : (int) flow.deliveryCount();
            long limit = Math.min(flow.linkCredit(), Integer.MAX_VALUE);
            credit = (int) Math.clamp(limit - (deliveryCount - theirs), 0, Integer.MAX_VALUE);
        }
        drain = flow.drain();
        drainOwed = drain;
        if (asked + parked.size() > credit && !takingBack && feed != null) {
            takeBack();
        }
        pump();
        if (flow.echo() && !drain) {
            tellCredit();
        }
    }

    private void tellCredit() {
        session.sendFlow(this, deliveryCount, credit, drain);
    }

    /** There is less credit than was asked of the feed. */
    private void takeBack() {
        takingBack = true;
        feed().drain(
                        left -> {
                            takingBack = false;
                            asked -= left;
                            while (parked.size() > credit && !ended) {
                                feed().takeBack(parked.removeLast());
                            }
                            session.guarded(this, this::pump);
                        });
    }

    /** Sends what waits, as far as may be, and asks for more. */
    void pump() {
        if (ended || feed == null) {
            return;
        }
        while (writer.isUnfinished() || credit > 0 && !parked.isEmpty()) {
            if (!session.hasWindow() || isCongested()) {
                return;
            }
            if (writer.isUnfinished()) {
                writer.proceed();
            } else {
                send(parked.remove());
            }
        }
        if (drainOwed && credit == 0) {
            tellDrained();
        }
        if (!isCongested()) {
            ask();
        }
    }

    private boolean isCongested() {
        return session.connection().outbox().isCongested();
    }

    private void ask() {
        if (takingBack) {
            return;
        }
        int most = Math.min(Math.min(portion, credit), maxUnsettled - unsettled);
        int more = most - asked - parked.size();
        // Small change is not worth a task, as long as the feed is not idle.
        boolean worth = more > 0 && (more >= most / 4 || asked <= most / 2 || drain);
        if (worth) {
            asked += more;
            feed().credit(more);
        }
        if (drain && credit > 0 && parked.isEmpty()) {
            drain();
        }
    }

    /** Everything that is there comes; when nothing more is, the rest of the credit is gone. */
    private void drain() {
        if (asked == 0) {
            drained();
            return;
        }
        takingBack = true;
        feed().drain(
                        left -> {
                            takingBack = false;
                            asked -= left;
                            if (!ended) {
                                session.guarded(this, () -> drained(left));
                            }
                        });
    }

    private void drained(int left) {
        if (left > 0 && drain && parked.isEmpty() && !writer.isUnfinished()) {
            drained();
        } else {
            pump();
        }
    }

    private void drained() {
        deliveryCount += credit;
        credit = 0;
        tellDrained();
    }

    private void tellDrained() {
        drainOwed = false;
        tellCredit();
    }

    // Deliveries.

    /** They have come from the feed; on the loop. */
    void arrived(List<QueuedMessage> messages) {
        asked -= messages.size();
        if (ended) {
            return;
        }
        parked.addAll(messages);
        session.guarded(this, this::pump);
        session.connection().broker().metrics().delivered(messages.size());
    }

    private void send(QueuedMessage message) {
        int deliveryId = session.nextDeliveryId();
        credit--;
        deliveryCount++;
        if (settled) {
            feed().accept(message.offset());
        } else {
            unsettled++;
            session.hold(deliveryId, new Held(this, message.offset()));
        }
        int bytes = writer.begin(deliveryId, message);
        averageBytes += (bytes - averageBytes) / 8 + (bytes > averageBytes ? 1 : 0);
        portion = Math.clamp(PORTION_BYTES / Math.max(1, averageBytes), 1, MOST_PORTION);
    }

    /**
     * A delivery is settled.
     *
     * @param outcome null when its receiver has said none
     */
    void settle(Held held, DeliveryState.@Nullable Outcome outcome) {
        unsettled--;
        long offset = held.offset();
        switch (outcome == null ? standard : outcome) {
            case DeliveryState.Accepted accepted -> feed().accept(offset);
            case DeliveryState.Rejected rejected -> feed().reject(offset);
            case DeliveryState.Released released -> feed().release(offset, false);
            case DeliveryState.Modified modified -> {
                if (!modified.annotations().isEmpty()) {
                    feed().note(offset, modified.annotations());
                }
                if (modified.undeliverableHere()) {
                    feed().reject(offset);
                } else {
                    feed().release(offset, modified.deliveryFailed());
                }
            }
            case DeliveryState.Declared declared -> feed().release(offset, false);
        }
        if (unsettled == maxUnsettled - 1) {
            pump();
        }
    }

    // The end.

    @Override
    public void detached(boolean forGood) {
        close();
        if (!forGood || atUnsubscribe == null) {
            session.answerDetach(this, forGood);
            return;
        }
        // who subscribes again when it hears this must not find what is being taken away
        session.connection()
                .await(atUnsubscribe.get(), (gone, failure) -> session.answerDetach(this, true));
    }

    @Override
    public void close() {
        if (!ended) {
            ended = true;
            session.forgetAll(this);
            parked.clear();
            writer.close();
            if (feed != null) {
                feed.close();
            }
            if (atEnd != null) {
                atEnd.run();
            }
        }
    }
}
