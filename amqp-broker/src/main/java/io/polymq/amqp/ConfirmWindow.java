package io.polymq.amqp;

import io.polymq.codec.amqp.BasicMethod;
import io.polymq.core.message.Receipt;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Publishes that are not confirmed yet. What becomes of them is told by any thread; confirms are
 * written on the loop, in order, many with one {@code multiple}.
 */
final class ConfirmWindow {

    private static final byte OPEN = 0;
    private static final byte SAFE = 1;
    private static final byte REFUSED = 2;

    private final AmqpChannel channel;

    /** Held for a few instructions. */
    private final ReentrantLock lock = new ReentrantLock();

    private byte[] states = new byte[64];
    private long first = 1;
    private long next = 1;
    private boolean scheduled;
    private boolean ended;

    ConfirmWindow(AmqpChannel channel) {
        this.channel = channel;
    }

    /** How many are not confirmed. */
    int open() {
        lock.lock();
        try {
            return (int) (next - first);
        } finally {
            lock.unlock();
        }
    }

    /** What a publish's sinks report to. */
    Receipt next() {
        lock.lock();
        try {
            if (next - first == states.length) {
                byte[] more = new byte[states.length * 2];
                for (long tag = first; tag < next; tag++) {
                    more[(int) tag & more.length - 1] = states[(int) tag & states.length - 1];
                }
                states = more;
            }
            long tag = next++;
            states[(int) tag & states.length - 1] = OPEN;
            return new Receipt(failure -> settled(tag, failure));
        } finally {
            lock.unlock();
        }
    }

    private void settled(long tag, @Nullable Throwable failure) {
        boolean schedule;
        lock.lock();
        try {
            states[(int) tag & states.length - 1] = failure == null ? SAFE : REFUSED;
            schedule = !scheduled && !ended && tag == first;
            scheduled |= schedule;
        } finally {
            lock.unlock();
        }
        if (schedule) {
            channel.connection().network().loop().execute(this::tell);
        }
    }

    /** Confirms everything up to the first publish that is still open. */
    private void tell() {
        long from;
        long to;
        byte[] told;
        lock.lock();
        try {
            scheduled = false;
            from = first;
            to = first;
            while (to < next && states[(int) to & states.length - 1] != OPEN) {
                to++;
            }
            told = new byte[(int) (to - from)];
            for (int i = 0; i < told.length; i++) {
                told[i] = states[(int) (from + i) & states.length - 1];
            }
            first = to;
            if (ended) {
                return;
            }
        } finally {
            lock.unlock();
        }
        tell(from, told);
    }

    private void tell(long from, byte[] told) {
        int begin = 0;
        while (begin < told.length) {
            int end = begin;
            while (end + 1 < told.length && told[end + 1] == told[begin]) {
                end++;
            }
            boolean multiple = end > begin;
            channel.send(
                    told[begin] == SAFE
                            ? new BasicMethod.Ack(from + end, multiple)
                            : new BasicMethod.Nack(from + end, multiple, false));
            begin = end + 1;
        }
        channel.connection().confirmed(told.length);
    }

    void end() {
        lock.lock();
        try {
            ended = true;
        } finally {
            lock.unlock();
        }
    }
}
