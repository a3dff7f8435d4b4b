package io.polymq.core.queue;

import io.polymq.core.message.Receipt;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What becomes of messages in flight: acknowledged, returned, delayed, dead. Shard zone. */
final class Settlement {

    private final QueueCore core;

    /** Of acknowledgements whose senders want to hear that the store has them. */
    private ArrayList<Receipt> receipts = new ArrayList<>();

    private int persisting;

    Settlement(QueueCore core) {
        this.core = core;
    }

    boolean isIdle() {
        return receipts.isEmpty() && persisting == 0;
    }

    void hold(Entry entry, ShardConsumption by) {
        by.hold(entry);
        if (by.hasLeft()) {
            core.stays(by);
        }
        core.flying(1);
        entry.level().backing().attempted(entry);
        long deadline = core.spec().redelivery().deadlineMillis(entry.deliveries);
        if (deadline > 0) {
            core.zone().arm(entry, deadline);
        }
    }

    /** It never reached the consumer. */
    void undo(Entry entry, ShardConsumption by, boolean auto) {
        if (auto) {
            core.turns().settled(entry);
        } else {
            landed(entry, by);
        }
        entry.deliveries--;
        entry.holder = null;
        core.lifetimes().waitAgain(entry);
    }

    void ack(ShardConsumption by, long id, @Nullable Receipt receipt) {
        boolean held = acknowledge(by, core.find(id));
        answer(receipt, held, id);
    }

    void ack(ShardConsumption by, long[] ids, @Nullable Receipt receipt) {
        long missing = -1;
        for (long id : ids) {
            if (!acknowledge(by, core.find(id))) {
                missing = id;
            }
        }
        answer(receipt, missing < 0, missing);
    }

    void ackThrough(ShardConsumption by, long id, @Nullable Receipt receipt) {
        Entry entry = by.firstHeld();
        while (entry != null && core.id(entry.level(), entry.offset) <= id) {
            acknowledge(by, entry);
            entry = by.firstHeld();
        }
        answer(receipt, true, id);
    }

    void nack(ShardConsumption by, long id, long delayMillis) {
        Entry entry = inFlight(by, id);
        if (entry != null) {
            landed(entry, by);
            entry.holder = null;
            failed(entry, Math.max(delayMillis, backOff(entry)));
        }
    }

    void release(ShardConsumption by, long id, boolean counted) {
        Entry entry = inFlight(by, id);
        if (entry != null) {
            landed(entry, by);
            giveBack(entry, counted);
        }
    }

    void reject(ShardConsumption by, long id) {
        Entry entry = inFlight(by, id);
        if (entry != null) {
            landed(entry, by);
            core.lifetimes().die(entry, DeadLetter.Reason.REJECTED);
        }
    }

    void extend(ShardConsumption by, long id) {
        Entry entry = inFlight(by, id);
        long deadline =
                entry == null ? 0 : core.spec().redelivery().deadlineMillis(entry.deliveries);
        if (entry != null && deadline > 0) {
            core.zone().arm(entry, deadline);
        }
    }

    /** The deadline has passed; its holder may still acknowledge it until another gets it. */
    void overdue(Entry entry) {
        ShardConsumption holder = entry.holder;
        if (holder == null) {
            throw new IllegalStateException("in flight to nobody");
        }
        landed(entry, holder);
        if (!core.spec().redelivery().lateAcks()) {
            entry.holder = null;
        }
        long id = core.id(entry.level(), entry.offset);
        failed(entry, backOff(entry));
        holder.tellOverdue(id);
    }

    /** Its consumer is gone: everything goes back, from the end, so that each finds its place. */
    void returnAll(ShardConsumption by) {
        Entry entry = by.lastHeld();
        while (entry != null) {
            landed(entry, by);
            giveBack(entry, true);
            entry = by.lastHeld();
        }
    }

    /** Nobody holds it any more; who did settles it in vain. */
    void takeBack(Entry entry) {
        ShardConsumption holder = entry.holder;
        if (entry.state == Entry.State.IN_FLIGHT && holder != null) {
            landed(entry, holder);
        }
        entry.holder = null;
    }

    private void giveBack(Entry entry, boolean counted) {
        entry.holder = null;
        if (!counted) {
            entry.deliveries--;
        }
        failed(entry, 0);
    }

    private void failed(Entry entry, long delayMillis) {
        entry.redelivered = true;
        entry.level().backing().attempted(entry);
        int most = core.spec().redelivery().maxDeliveries();
        if (most > 0 && entry.deliveries >= most) {
            core.lifetimes().die(entry, DeadLetter.Reason.MAX_DELIVERIES);
        } else if (delayMillis > 0) {
            entry.level().set(entry, Entry.State.DELAYED);
            core.zone().arm(entry, delayMillis);
        } else {
            core.lifetimes().waitAgain(entry);
        }
        core.ask();
    }

    private long backOff(Entry entry) {
        return core.spec().redelivery().backOffMillis(entry.deliveries);
    }

    private @Nullable Entry inFlight(ShardConsumption by, long id) {
        Entry entry = core.find(id);
        return entry != null && entry.holder == by && entry.state == Entry.State.IN_FLIGHT
                ? entry
                : null;
    }

    private boolean acknowledge(ShardConsumption by, @Nullable Entry entry) {
        if (entry == null || entry.holder != by) {
            return false;
        }
        switch (entry.state) {
            case IN_FLIGHT -> landed(entry, by);
            case READY, DELAYED -> {
                // late, and still its last holder's
            }
            case DYING, FREE -> {
                return false;
            }
        }
        core.counters.acknowledged++;
        core.done(entry);
        core.ask();
        return true;
    }

    /** No longer in flight, whatever becomes of it. */
    private void landed(Entry entry, ShardConsumption by) {
        by.letGo(entry);
        core.zone().disarm(entry);
        core.turns().settled(entry);
        core.flying(-1);
        if (by.hasLeft()) {
            core.forgetIfDone(by);
        }
    }

    private void answer(@Nullable Receipt receipt, boolean held, long id) {
        if (receipt == null) {
            return;
        }
        if (held) {
            receipts.add(receipt);
            core.ask();
        } else {
            receipt.done(
                    new QueueException(
                            QueueException.Kind.NOT_HELD,
                            core.queue().name() + ": message " + id + " is not held"));
        }
    }

    /** One write for the acknowledgements of a turn. */
    void persist() {
        if (receipts.isEmpty() || persisting > 0) {
            return;
        }
        List<Receipt> these = receipts;
        receipts = new ArrayList<>();
        Level[] levels = core.levels();
        persisting = levels.length;
        for (Level level : levels) {
            level.backing().persist(failure -> persisted(these, failure));
        }
    }

    private void persisted(List<Receipt> these, @Nullable Throwable failure) {
        if (failure != null && !these.isEmpty()) {
            these.forEach(receipt -> receipt.done(failure));
            these.clear();
        }
        if (--persisting == 0) {
            these.forEach(receipt -> receipt.done(null));
            core.ask();
        }
    }

    /** Those that wait to hear of their acknowledgements never will. */
    void fail(QueueException why) {
        List<Receipt> these = receipts;
        receipts = new ArrayList<>();
        these.forEach(receipt -> receipt.done(why));
    }
}
