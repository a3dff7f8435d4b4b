package io.polymq.mqtt;

import io.polymq.storage.Shard;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which of the journal's messages are still owed, oldest first: tells how far the shard may be
 * trimmed, and which old ones are better written again. Zone of the journal.
 */
final class JournalSpace {

    private static final Logger LOG = LoggerFactory.getLogger(JournalSpace.class);

    private static final int TRIM_STEP = 4096;

    /** Below this many records it is not worth the trouble. */
    private static final long SMALL = 65_536;

    /** How many records per owed message are too many. */
    private static final long SPARSE = 8;

    private static final int REWRITES = 256;

    private final Shard shard;
    private final Consumer<OwedMessage> rewrite;
    private final ArrayDeque<OwedMessage> oldest = new ArrayDeque<>();
    private long owed;
    private long trimmedTo;
    private int rewriting;

    JournalSpace(Shard shard, Consumer<OwedMessage> rewrite) {
        this.shard = shard;
        this.rewrite = rewrite;
    }

    void stored(OwedMessage message) {
        if (message.rewriting) {
            message.rewriting = false;
            rewriting--;
        }
        if (message.remaining > 0) {
            message.listed = true;
            oldest.add(message);
            owed++;
        }
    }

    /** It stays where it was. */
    void rewriteFailed(OwedMessage message) {
        message.rewriting = false;
        rewriting--;
        message.listed = true;
        oldest.addFirst(message);
        owed++;
    }

    void finished(OwedMessage message) {
        if (!message.listed) {
            return;
        }
        message.listed = false;
        owed--;
        OwedMessage first = oldest.peek();
        while (first != null && first.remaining == 0) {
            oldest.poll();
            first = oldest.peek();
        }
        if (rewriting > 0) {
            return;
        }
        long end = first == null ? shard.highWatermark() : first.offset;
        if (end - trimmedTo >= TRIM_STEP) {
            trimmedTo = end;
            shard.trim(end).whenComplete((done, failure) -> trimmed(failure));
        }
        considerRewriting();
    }

    private static void trimmed(@Nullable Throwable failure) {
        if (failure != null) {
            LOG.atWarn().setCause(failure).log("the session journal could not be trimmed");
        }
    }

    private void considerRewriting() {
        OwedMessage first = oldest.peek();
        if (first == null || rewriting > 0) {
            return;
        }
        long span = shard.endOffset() - first.offset;
        if (span < SMALL || span < owed * SPARSE) {
            return;
        }
        for (int i = 0; i < REWRITES && !oldest.isEmpty(); i++) {
            OwedMessage old = oldest.poll();
            if (old.remaining > 0) {
                owed--;
                old.listed = false;
                old.rewriting = true;
                rewriting++;
                rewrite.accept(old);
            }
        }
    }
}
