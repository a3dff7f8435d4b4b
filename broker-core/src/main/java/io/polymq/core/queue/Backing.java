package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Origin;
import io.polymq.core.message.Receipt;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What keeps a level's messages beyond its window, and its acknowledgements. Shard zone; answers
 * that need the store come back to the zone.
 */
sealed interface Backing permits Backing.None, MemoryBacking, ShardBacking {

    /** Takes a message; it is in the window at once, or later, or once it is asked for. */
    void publish(KeptMessage message, @Nullable Receipt receipt);

    /** Writes what was published in this turn. */
    void flush();

    /** Learns of what others have written by now. */
    void catchUp();

    /** Messages that wait and are not in the window: those being written, those not yet read. */
    long beyond();

    /** Payload bytes of those, as well as it is known. */
    long bytesBeyond();

    /** Of those, how many are being written and have no place yet. */
    long open();

    long openBytes();

    /** Of those, how many can be read now. */
    boolean canFill();

    /** Asks for more in the window; calls {@link QueueCore#filled} when that took time. */
    void fill();

    /** Whether it may be delivered now: that it was must be known after a crash. */
    boolean mayDeliver(Entry entry);

    /** Done, for good. */
    void acknowledge(Entry entry);

    /** How many attempts it had has changed. */
    void attempted(Entry entry);

    /** Done are all that are not in the window; how many. */
    long purge();

    /** Done are those between two offsets that are not in the window. */
    void discard(long from, long to);

    /** Begins anew at an offset; the window is empty. */
    void seek(long offset);

    /** Runs the action when all acknowledgements so far are safe. */
    void persist(Consumer<@Nullable Throwable> then);

    /** Messages from an offset on, in order, whether in the window or not. */
    void browse(long from, int max, Browse.Result to);

    /** Tells of every message written since, acknowledged or not. */
    default CompletableFuture<Void> recall(long since, Consumer<KeptMessage> each) {
        return CompletableFuture.completedFuture(null);
    }

    /** Whether that message was written since, acknowledged or not. */
    default CompletableFuture<Boolean> holds(Origin message, long since) {
        return CompletableFuture.completedFuture(false);
    }

    /** Has what is done with deleted now, not later. */
    default void tidy() {}

    /** Whether nothing would be lost by forgetting the window. */
    boolean isIdle();

    /** Lets go: writes what is to be kept with the position. */
    void close();

    /** Before a level has one. */
    enum None implements Backing {
        INSTANCE;

        private static IllegalStateException none() {
            return new IllegalStateException("no backing");
        }

        @Override
        public void publish(KeptMessage message, @Nullable Receipt receipt) {
            throw none();
        }

        @Override
        public void flush() {
            throw none();
        }

        @Override
        public void catchUp() {}

        @Override
        public long beyond() {
            return 0;
        }

        @Override
        public long bytesBeyond() {
            return 0;
        }

        @Override
        public long open() {
            return 0;
        }

        @Override
        public long openBytes() {
            return 0;
        }

        @Override
        public boolean canFill() {
            return false;
        }

        @Override
        public void fill() {
            throw none();
        }

        @Override
        public boolean mayDeliver(Entry entry) {
            throw none();
        }

        @Override
        public void acknowledge(Entry entry) {
            throw none();
        }

        @Override
        public void attempted(Entry entry) {
            throw none();
        }

        @Override
        public long purge() {
            return 0;
        }

        @Override
        public void discard(long from, long to) {
            throw none();
        }

        @Override
        public void seek(long offset) {
            throw none();
        }

        @Override
        public void persist(Consumer<@Nullable Throwable> then) {
            throw none();
        }

        @Override
        public void browse(long from, int max, Browse.Result to) {
            throw none();
        }

        @Override
        public boolean isIdle() {
            return true;
        }

        @Override
        public void close() {}
    }
}
