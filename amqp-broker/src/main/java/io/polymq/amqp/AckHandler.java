package io.polymq.amqp;

import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.TransactionJournal;
import io.polymq.core.message.Receipt;
import io.polymq.network.Outbox;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a channel's deliveries: acknowledged, rejected, returned. Acknowledgements of one
 * batch of reads are handed to their queues together. Connection zone.
 */
final class AckHandler {

    /** A settlement that waits for the end of a transaction. */
    private record Staged(long tag, Hold hold, long offset, boolean ack, boolean requeue) {}

    private final AmqpConnection connection;
    private final Outbox outbox;
    private final Unacked unacked = new Unacked();
    private final List<Hold> gathering = new ArrayList<>();
    private final Set<Hold> all = new HashSet<>();
    private final List<Hold> leaving = new ArrayList<>();
    private @Nullable List<Staged> staged;
    private IntConsumer counted = number -> {};
    private Runnable afterSettling = () -> {};

    AckHandler(AmqpChannel channel) {
        this.connection = channel.connection();
        this.outbox = connection.outbox();
    }

    /** Under the outbox's lock. */
    Unacked unacked() {
        return unacked;
    }

    /** Deliveries that are not settled. */
    int count() {
        outbox.lock();
        try {
            return unacked.size();
        } finally {
            outbox.unlock();
        }
    }

    /** Settlements wait for {@link #commit} from now on. */
    void transactional() {
        staged = new ArrayList<>();
    }

    /**
     * Who wants to hear that deliveries have been settled.
     *
     * @param number how many
     * @param then behind it
     */
    void onSettled(IntConsumer number, Runnable then) {
        counted = number;
        afterSettling = then;
    }

    void add(Hold hold) {
        all.add(hold);
    }

    /** Nothing more comes by this one: it is forgotten as soon as it holds nothing. */
    void leaves(Hold hold) {
        flush();
        leaving.add(hold);
        leaving.removeIf(this::forgetIfEmpty);
    }

    private boolean forgetIfEmpty(Hold hold) {
        if (staged != null && !staged.isEmpty()) {
            return false;
        }
        boolean empty;
        outbox.lock();
        try {
            empty = hold.isEmpty();
        } finally {
            outbox.unlock();
        }
        if (empty) {
            all.remove(hold);
            hold.close();
        }
        return empty;
    }

    void ack(long tag, boolean multiple) {
        List<Staged> taken = take(tag, multiple, true, false);
        if (staged != null) {
            staged.addAll(taken);
        } else {
            carryOut(taken);
        }
    }

    void nack(long tag, boolean multiple, boolean requeue) {
        List<Staged> taken = take(tag, multiple, false, requeue);
        if (staged != null) {
            staged.addAll(taken);
        } else {
            flush();
            carryOut(requeue ? inPlace(taken) : taken);
        }
    }

    private void carryOut(List<Staged> settlements) {
        for (Staged one : settlements) {
            if (one.ack()) {
                if (one.hold().gather(one.offset())) {
                    if (gathering.isEmpty()) {
                        connection.gathers(this);
                    }
                    gathering.add(one.hold());
                }
            } else if (one.requeue()) {
                one.hold().release(one.offset());
            } else {
                one.hold().reject(one.offset());
            }
        }
        int limited = 0;
        for (Staged one : settlements) {
            limited += one.hold().isLimited() ? 1 : 0;
        }
        if (limited > 0) {
            counted.accept(limited);
            afterSettling.run();
        }
    }

    /** Takes them out of what is unsettled; 0 with multiple means all. */
    private List<Staged> take(long tag, boolean multiple, boolean ack, boolean requeue) {
        List<Staged> taken = new ArrayList<>(multiple ? 16 : 1);
        outbox.lock();
        try {
            if (tag != 0 || !multiple) {
                if (unacked.holder(tag) == null) {
                    throw AmqpErrors.precondition("unknown delivery tag " + tag);
                }
            }
            long from = multiple ? unacked.first() : tag;
            long to = tag == 0 ? unacked.last() : tag;
            for (long at = from; at <= to; at++) {
                Hold hold = unacked.holder(at);
                if (hold != null) {
                    taken.add(new Staged(at, hold, unacked.offset(at), ack, requeue));
                    unacked.remove(at);
                }
            }
        } finally {
            outbox.unlock();
        }
        return taken;
    }

    /** Hands over what was gathered. */
    void flush() {
        if (!gathering.isEmpty()) {
            gathering.forEach(hold -> hold.flush(null));
            gathering.clear();
        }
    }

    void recover(boolean requeue) {
        if (!requeue) {
            throw AmqpErrors.notImplemented("requeue=false");
        }
        flush();
        carryOut(inPlace(take(0, true, false, true)));
    }

    /**
     * In the order of their places: what goes back first may be delivered before the rest is back.
     */
    private static List<Staged> inPlace(List<Staged> back) {
        if (back.size() > 1) {
            back.sort(Comparator.comparingLong(Staged::offset));
        }
        return back;
    }

    /** The acknowledgements that wait for the commit, of queues that keep their messages. */
    List<TransactionJournal.Acknowledged> stagedAcks() {
        List<TransactionJournal.Acknowledged> found = new ArrayList<>();
        for (Staged one : staged == null ? List.<Staged>of() : staged) {
            AmqpQueue queue = one.hold().queue();
            if (one.ack() && queue != null) {
                found.add(new TransactionJournal.Acknowledged(queue, one.offset()));
            }
        }
        return found;
    }

    /** Carries out what was staged; whoever must make it safe is expected by the receipt. */
    void commit(Receipt receipt) {
        List<Staged> settlements = staged == null ? List.of() : staged;
        staged = new ArrayList<>();
        carryOut(settlements);
        for (Hold hold : gathering) {
            AmqpQueue queue = hold.queue();
            if (queue != null && queue.isDeleted()) {
                hold.flush(null);
            } else {
                receipt.expect();
                hold.flush(receipt);
            }
        }
        gathering.clear();
    }

    /** What was staged is unsettled again. */
    void rollback() {
        List<Staged> settlements = staged == null ? List.of() : staged;
        staged = new ArrayList<>();
        outbox.lock();
        try {
            for (int i = settlements.size() - 1; i >= 0; i--) {
                Staged one = settlements.get(i);
                unacked.restore(one.tag(), one.hold(), one.offset());
            }
        } finally {
            outbox.unlock();
        }
    }

    /** Whether several hold messages of one queue, which go back to their places together. */
    private boolean sharesAQueue() {
        if (all.size() < 2) {
            return false;
        }
        Set<AmqpQueue> seen = new HashSet<>();
        boolean shares = false;
        outbox.lock();
        try {
            for (Hold hold : all) {
                AmqpQueue queue = hold.queue();
                shares |= queue != null && !hold.isEmpty() && !seen.add(queue);
            }
        } finally {
            outbox.unlock();
        }
        return shares;
    }

    /** The channel ends: everything unsettled goes back to its place. */
    void end() {
        flush();
        if (sharesAQueue()) {
            for (Staged one : inPlace(take(0, true, false, true))) {
                one.hold().giveBack(one.offset());
            }
        }
        outbox.lock();
        try {
            unacked.clear();
        } finally {
            outbox.unlock();
        }
        all.forEach(Hold::close);
        all.clear();
        leaving.clear();
    }
}
