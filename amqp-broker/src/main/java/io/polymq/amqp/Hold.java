package io.polymq.amqp;

import io.polymq.amqp.model.AmqpQueue;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.Queue;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a channel holds of one queue through one consumer, or through {@code basic.get}.
 * Acknowledgements are gathered and handed over together. Connection zone, but for the count of
 * what is held, which the outbox's lock guards.
 */
final class Hold {

    private final Settler settler;
    private final @Nullable CreditWindow window;
    private final @Nullable AmqpQueue queue;
    private long[] gathered = new long[8];
    private int count;
    private int held;

    /** Who carries out what becomes of deliveries: a queue's consumption, or a stream's reader. */
    interface Settler {
        void ack(long[] offsets, int count, @Nullable Receipt receipt);

        void release(long offset);

        void reject(long offset);

        void close();
    }

    /**
     * @param window of a consumer; null for gets
     * @param queue null for a stream, which keeps everything
     */
    Hold(Settler settler, @Nullable CreditWindow window, @Nullable AmqpQueue queue) {
        this.settler = settler;
        this.window = window;
        this.queue = queue;
    }

    @Nullable AmqpQueue queue() {
        return queue;
    }

    static Settler of(Queue.Consumption consumption) {
        return new Settler() {
            @Override
            public void ack(long[] offsets, int count, @Nullable Receipt receipt) {
                consumption.ack(offsets, count, receipt);
            }

            @Override
            public void release(long offset) {
                consumption.release(offset, true);
            }

            @Override
            public void reject(long offset) {
                consumption.reject(offset);
            }

            @Override
            public void close() {
                consumption.close();
            }
        };
    }

    /** Under the outbox's lock. */
    void more(int change) {
        held += change;
    }

    /** Whether it counts for the limits of consumers. */
    boolean isLimited() {
        return window != null;
    }

    boolean isEmpty() {
        return held == 0;
    }

    /** Whether it is the first one gathered. */
    boolean gather(long offset) {
        if (count == gathered.length) {
            gathered = Arrays.copyOf(gathered, count * 2);
        }
        gathered[count++] = offset;
        if (queue != null) {
            queue.notes().forget(offset);
        }
        return count == 1;
    }

    /** Acknowledges what was gathered. */
    void flush(@Nullable Receipt receipt) {
        int done = count;
        if (done > 0) {
            count = 0;
            settler.ack(gathered, done, receipt);
            settled(done);
        }
    }

    void release(long offset) {
        settler.release(offset);
        settled(1);
    }

    /** The same at the end of the channel, which makes no room for more. */
    void giveBack(long offset) {
        settler.release(offset);
    }

    void reject(long offset) {
        settler.reject(offset);
        settled(1);
    }

    private void settled(int number) {
        if (window != null) {
            window.settled(number);
        }
    }

    /** Everything that is still held goes back. */
    void close() {
        settler.close();
    }
}
