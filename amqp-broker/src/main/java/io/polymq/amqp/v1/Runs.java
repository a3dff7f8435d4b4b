package io.polymq.amqp.v1;

import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.Performative;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes dispositions, one for each run of delivery ids that follow each other and have the same
 * state. Connection zone.
 */
final class Runs {

    private final Session session;
    private final boolean receiver;
    private @Nullable DeliveryState state;
    private boolean settled;
    private int first;
    private int last;
    private boolean open;

    /**
     * @param receiver whether the deliveries came to here
     */
    Runs(Session session, boolean receiver) {
        this.session = session;
        this.receiver = receiver;
    }

    void add(int deliveryId, @Nullable DeliveryState now) {
        add(deliveryId, now, true);
    }

    void add(int deliveryId, @Nullable DeliveryState now, boolean settles) {
        if (open && deliveryId == last + 1 && settles == settled && same(now, state)) {
            last = deliveryId;
            return;
        }
        flush();
        open = true;
        first = deliveryId;
        last = deliveryId;
        state = now;
        settled = settles;
    }

    private static boolean same(@Nullable DeliveryState one, @Nullable DeliveryState other) {
        return one == other || one != null && one.equals(other);
    }

    void flush() {
        if (open) {
            open = false;
            session.connection()
                    .send(
                            session.channel(),
                            new Performative.Disposition(receiver, first, last, settled, state));
        }
    }

    /** The ids that are among {@code span + 1} from the first on, in their order. */
    static int[] within(Set<Integer> ids, int first, int span) {
        int[] found = new int[ids.size()];
        int count = 0;
        for (int id : ids) {
            if (Integer.compareUnsigned(id - first, span) <= 0) {
                found[count++] = id - first;
            }
        }
        int[] sorted = Arrays.copyOf(found, count);
        for (int i = 0; i < count; i++) {
            sorted[i] ^= Integer.MIN_VALUE;
        }
        Arrays.sort(sorted);
        for (int i = 0; i < count; i++) {
            sorted[i] = (sorted[i] ^ Integer.MIN_VALUE) + first;
        }
        return sorted;
    }
}
