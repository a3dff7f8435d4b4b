package io.polymq.amqp.v1;

import io.netty.util.collection.IntObjectHashMap;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.core.message.Receipt;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a session's incoming deliveries. It is told by any thread; dispositions are
 * written on the loop, many deliveries in one.
 */
final class Outcomes {

    private final Session session;

    /** Held for a few instructions. */
    private final ReentrantLock lock = new ReentrantLock();

    private List<Publish> done = new ArrayList<>();
    private List<Publish> spare = new ArrayList<>();
    private boolean scheduled;

    /** Those that their senders must settle. */
    private final IntObjectHashMap<IncomingLink> unsettled = new IntObjectHashMap<>();

    Outcomes(Session session) {
        this.session = session;
    }

    /** A delivery on its way to the queues; hears from them by its receipt. */
    final class Publish implements Receipt.Listener {
        private final IncomingLink link;
        private final int deliveryId;
        private final boolean bySender;
        private @Nullable DeliveryState state;

        private Publish(IncomingLink link, int deliveryId) {
            this.link = link;
            this.deliveryId = deliveryId;
            this.bySender = link.isSettledBySender();
        }

        /** What it will be when nothing fails: accepted, unless it is said otherwise. */
        void becomes(DeliveryState now) {
            state = now;
        }

        @Override
        public void settled(@Nullable Throwable failure) {
            if (failure != null) {
                state = new DeliveryState.Rejected(Conditions.of(failure));
            } else if (state == null) {
                state = DeliveryState.ACCEPTED;
            }
            add(this);
        }
    }

    Publish publish(IncomingLink link, int deliveryId) {
        return new Publish(link, deliveryId);
    }

    /** It has this outcome; on the loop. */
    void settle(IncomingLink link, int deliveryId, DeliveryState state) {
        Publish publish = publish(link, deliveryId);
        publish.becomes(state);
        publish.settled(null);
    }

    private void add(Publish publish) {
        boolean schedule;
        lock.lock();
        try {
            done.add(publish);
            schedule = !scheduled;
            scheduled = true;
        } finally {
            lock.unlock();
        }
        if (schedule) {
            session.connection().network().loop().execute(this::tell);
        }
    }

    private void tell() {
        List<Publish> told;
        lock.lock();
        try {
            scheduled = false;
            told = done;
            done = spare;
            spare = told;
        } finally {
            lock.unlock();
        }
        if (session.isOpen()) {
            tell(told);
        }
        told.clear();
    }

    private void tell(List<Publish> told) {
        Runs runs = new Runs(session, true);
        for (Publish publish : told) {
            if (publish.state instanceof DeliveryState.Rejected no && !publish.link.rejects()) {
                runs.flush();
                session.detach(publish.link, no.error());
                continue;
            }
            if (publish.bySender) {
                unsettled.put(publish.deliveryId, publish.link);
            }
            runs.add(publish.deliveryId, publish.state, !publish.bySender);
        }
        runs.flush();
        session.connection().accepted(told.size());
        int at = 0;
        while (at < told.size()) {
            IncomingLink link = told.get(at).link;
            int count = 0;
            while (at < told.size() && told.get(at).link == link) {
                count += told.get(at).bySender ? 0 : 1;
                at++;
            }
            link.settled(count);
        }
    }

    /** The sender of deliveries has settled them, having heard of their outcome. */
    void settledBySender(Performative.Disposition disposition) {
        if (!disposition.settled() || unsettled.isEmpty()) {
            return;
        }
        int span = disposition.last() - disposition.first();
        for (int id : Runs.within(unsettled.keySet(), disposition.first(), span)) {
            IncomingLink link = unsettled.remove(id);
            if (link != null) {
                link.settled(1);
            }
        }
    }
}
