package io.polymq.kafka.share;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueueException;
import io.polymq.core.queue.QueuedMessage;
import io.polymq.core.queue.RecordReader;
import io.polymq.core.subject.Subject;
import io.polymq.kafka.share.HeldRuns.Run;
import io.polymq.storage.Shard;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * One share group's records of one partition: a queue of the core's, of which this is the only
 * consumer. It says which member holds what, and hands out credit to one fetch after the other, so
 * that each gets a run of its own. Shard zone; the methods for others only enqueue.
 *
 * <pre>
 *   asked --> served (credit, taken back at once) --something--> ended
 *                |  nothing                                         ^
 *                v                                                  |
 *             waiting --> standing (credit stays until a delivery) -+
 * </pre>
 */
final class SharePartition implements Queue.Consumer {

    /** The queue needs to know that there is a record, not what is in it. */
    static final RecordReader READER = placeholder();

    private final Shard shard;
    private final Queue queue;
    private final SharedView view;
    private final Queue.Consumption all;
    private final HeldRuns held = new HeldRuns();
    private final ArrayDeque<Acquisition> asked = new ArrayDeque<>();
    private final ArrayDeque<Acquisition> waiting = new ArrayDeque<>();
    private @Nullable Acquisition served;
    private @Nullable Acquisition standing;
    private boolean takingBack;
    private boolean closed;

    SharePartition(Shard shard, Queue queue, SharedView view) {
        this.shard = shard;
        this.queue = queue;
        this.view = view;
        this.all =
                queue.consume(new Queue.ConsumerSpec(0, 0, false, false, "share-partition"), this);
    }

    private static RecordReader placeholder() {
        KeptMessage nothing =
                new Message().begin(Subject.ofDotted("share"), new byte[0], 0, 0).keep();
        return _ -> nothing;
    }

    // Any thread.

    Shard shard() {
        return shard;
    }

    Queue queue() {
        return queue;
    }

    /** The group's settings have changed: they hold for what is delivered from now on. */
    void alter(ShareSettings how) {
        queue.alter(how.spec());
        view.set(how.committedOnly());
    }

    void ask(Acquisition acquisition) {
        queue.execute(() -> asked(acquisition));
    }

    /** It waits no longer: it ends with what it has. */
    void cancel(Acquisition acquisition) {
        queue.execute(() -> cancelled(acquisition));
    }

    /** Completes when it is safe; with an error when the member does not hold all of them. */
    CompletableFuture<Errors> acknowledge(String member, List<Verdicts> verdicts) {
        CompletableFuture<Errors> result = new CompletableFuture<>();
        queue.execute(() -> judged(member, verdicts, result));
        return result;
    }

    /** These never reached the member. */
    void giveBack(long first, long last) {
        queue.execute(
                () -> {
                    held.remove(first, last);
                    for (long offset = last; offset >= first; offset--) {
                        all.release(offset, false);
                    }
                });
    }

    /** The member is gone: what it holds is for others. */
    void leave(String member) {
        queue.execute(
                () -> {
                    for (Run run : held.removeAll(member)) {
                        for (long offset = run.last(); offset >= run.first(); offset--) {
                            all.release(offset, true);
                        }
                    }
                });
    }

    /** The group begins anew at an offset; whoever holds something holds it no more. */
    CompletableFuture<Void> seek(long offset) {
        queue.execute(held::clear);
        return queue.seek(offset);
    }

    // Shard zone.

    private void asked(Acquisition acquisition) {
        if (closed) {
            end(acquisition);
        } else if (standing != null) {
            if (acquisition.waits) {
                waiting.add(acquisition);
            } else {
                end(acquisition);
            }
        } else {
            asked.add(acquisition);
            serve();
        }
    }

    private void serve() {
        Acquisition next = served == null ? asked.poll() : null;
        if (next != null) {
            served = next;
            all.credit(next.most);
            all.drain(_ -> servedNow(next));
        } else if (served == null && standing == null) {
            stand();
        }
    }

    private void servedNow(Acquisition acquisition) {
        served = null;
        if (acquisition.isEmpty() && acquisition.waits && !closed && !acquisition.isOver()) {
            waiting.add(acquisition);
        } else {
            end(acquisition);
        }
        serve();
    }

    /** Who waits longest gets the credit until something comes. */
    private void stand() {
        Acquisition next = waiting.poll();
        if (next != null) {
            standing = next;
            all.credit(next.most);
        }
    }

    private void takeBack() {
        if (!takingBack) {
            takingBack = true;
            all.drain(_ -> takenBack());
        }
    }

    private void takenBack() {
        takingBack = false;
        Acquisition done = standing;
        standing = null;
        if (done != null) {
            end(done);
        }
        serve();
    }

    private void cancelled(Acquisition acquisition) {
        if (acquisition == standing) {
            takeBack();
        } else if (acquisition != served
                && (waiting.remove(acquisition) || asked.remove(acquisition))) {
            end(acquisition);
        } else if (acquisition == served && !acquisition.isOver()) {
            // ends by itself within this turn, or waits and is asked again
            queue.execute(() -> cancelled(acquisition));
        }
    }

    @Override
    public boolean deliver(QueuedMessage message, Queue.Consumption by) {
        Acquisition to = served == null ? standing : served;
        if (to == null) {
            queue.execute(() -> all.release(message.offset(), false));
            return true;
        }
        to.add(message.offset(), message.deliveries());
        return true;
    }

    /** It is known how far its runs go: they are the member's from here on. */
    private void end(Acquisition acquisition) {
        if (!acquisition.isOver()) {
            acquisition.sort();
        }
        for (int run = 0; run < acquisition.runs() && !acquisition.isOver(); run++) {
            held.add(acquisition.first(run), acquisition.last(run), acquisition.member);
        }
        acquisition.end();
    }

    @Override
    public void flush() {
        if (standing != null && !standing.isEmpty()) {
            takeBack();
        }
    }

    @Override
    public void overdue(long offset) {
        held.remove(offset, offset);
    }

    @Override
    public void cancelled(String reason) {
        closed = true;
        held.clear();
        endAll();
    }

    private void endAll() {
        Acquisition one = standing;
        standing = null;
        if (one != null) {
            one.end();
        }
        waiting.forEach(Acquisition::end);
        waiting.clear();
        asked.forEach(Acquisition::end);
        asked.clear();
    }

    private void judged(String member, List<Verdicts> verdicts, CompletableFuture<Errors> result) {
        if (closed) {
            result.complete(Errors.UNKNOWN_TOPIC_OR_PARTITION);
            return;
        }
        for (Verdicts one : verdicts) {
            if (!held.holds(member, one.first(), one.last())) {
                result.complete(Errors.INVALID_RECORD_STATE);
                return;
            }
        }
        Receipt receipt = new Receipt(failure -> result.complete(error(failure)));
        for (Verdicts one : verdicts) {
            settle(one, receipt);
        }
        receipt.seal();
    }

    private static Errors error(@Nullable Throwable failure) {
        return switch (failure) {
            case null -> Errors.NONE;
            case QueueException refused when refused.kind() == QueueException.Kind.NOT_HELD ->
                    Errors.INVALID_RECORD_STATE;
            default -> Errors.KAFKA_STORAGE_ERROR;
        };
    }

    private void settle(Verdicts verdicts, Receipt receipt) {
        long from = verdicts.first();
        while (from <= verdicts.last()) {
            byte type = verdicts.type(from);
            long to = from;
            while (to < verdicts.last() && verdicts.type(to + 1) == type) {
                to++;
            }
            settle(type, from, to, receipt);
            from = to + 1;
        }
    }

    private void settle(byte type, long first, long last, Receipt receipt) {
        if (type == Verdicts.RENEW) {
            for (long offset = first; offset <= last; offset++) {
                all.extend(offset);
            }
            return;
        }
        held.remove(first, last);
        switch (type) {
            case Verdicts.RELEASE -> {
                // from the end, so that each finds its place in front of the later ones
                for (long offset = last; offset >= first; offset--) {
                    all.release(offset, true);
                }
            }
            case Verdicts.REJECT -> {
                for (long offset = first; offset <= last; offset++) {
                    all.reject(offset);
                }
            }
            default -> {
                long[] offsets = new long[(int) (last - first + 1)];
                for (int i = 0; i < offsets.length; i++) {
                    offsets[i] = first + i;
                }
                receipt.expect();
                all.ack(offsets, offsets.length, receipt);
            }
        }
    }
}
