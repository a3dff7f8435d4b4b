package io.polymq.core.queue;

import io.polymq.core.message.Receipt;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Messages on their way to the dead letters: so many at once, each acknowledged in its queue only
 * when the target has it, tried again after a while when that fails. Shard zone.
 */
final class Graveyard {

    private static final Logger log = LoggerFactory.getLogger(Graveyard.class);
    private static final int MOST_AT_ONCE = 1024;
    private static final long RETRY_MILLIS = 1000;

    private record Dead(Entry entry, DeadLetter.Reason reason, int epoch) {}

    private final QueueCore core;
    private final ArrayDeque<Dead> waiting = new ArrayDeque<>();
    private final ArrayDeque<Dead> failed = new ArrayDeque<>();
    private int open;
    private int epoch;

    Graveyard(QueueCore core) {
        this.core = core;
    }

    /** Whether no more should be given up for now. */
    boolean isBusy() {
        return open + waiting.size() + failed.size() >= MOST_AT_ONCE;
    }

    boolean isEmpty() {
        return open == 0 && waiting.isEmpty() && failed.isEmpty();
    }

    void add(Entry entry, DeadLetter.Reason reason) {
        waiting.add(new Dead(entry, reason, epoch));
    }

    /** One that waited for its next try. */
    void retry(Entry entry) {
        for (Dead dead : failed) {
            if (dead.entry() == entry) {
                failed.remove(dead);
                waiting.add(dead);
                return;
            }
        }
    }

    void work() {
        DeadLetter target = core.spec().deadLetter();
        while (!waiting.isEmpty() && open < MOST_AT_ONCE) {
            Dead dead = waiting.remove();
            if (dead.epoch() != epoch) {
                continue;
            }
            if (target == null) {
                core.done(dead.entry());
            } else {
                open++;
                give(target, dead);
            }
        }
    }

    private void give(DeadLetter target, Dead dead) {
        Receipt receipt = new Receipt(failure -> core.zone().offer(() -> given(dead, failure)));
        try {
            target.dead(core.view(dead.entry()), dead.reason(), core.queue(), receipt);
        } catch (RuntimeException e) {
            receipt.expect();
            receipt.done(e);
        }
        receipt.seal();
    }

    private void given(Dead dead, @Nullable Throwable failure) {
        if (dead.epoch() != epoch) {
            return;
        }
        open--;
        if (failure == null) {
            core.buried(dead.entry());
        } else {
            log.atDebug()
                    .addKeyValue("queue", core.queue().name())
                    .addKeyValue("fault", failure.toString())
                    .log("A dead letter was not taken and is tried again");
            failed.add(dead);
            core.zone().arm(dead.entry(), RETRY_MILLIS);
        }
        core.ask();
    }

    /** A publish that was refused, and goes to the dead letters without ever being in the queue. */
    void refused(QueuedMessage message) {
        DeadLetter target = core.spec().deadLetter();
        if (target == null) {
            return;
        }
        Receipt receipt =
                new Receipt(
                        failure -> {
                            if (failure != null) {
                                log.atDebug()
                                        .addKeyValue("queue", core.queue().name())
                                        .addKeyValue("fault", failure.toString())
                                        .log("The dead letter of a refused publish was not taken");
                            }
                        });
        try {
            target.dead(message, DeadLetter.Reason.MAX_LENGTH, core.queue(), receipt);
        } catch (RuntimeException e) {
            receipt.expect();
            receipt.done(e);
        }
        receipt.seal();
    }

    /** The window was emptied: whatever is under way no longer concerns the queue. */
    void forget() {
        epoch++;
        open = 0;
        waiting.clear();
        failed.clear();
    }
}
