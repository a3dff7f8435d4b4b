package io.polymq.mq9;

import io.polymq.core.zone.WheelTimer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A fetch by a group: waiting for its turn, then for mail. Shard zone. */
final class Poll extends WheelTimer {

    /**
     * What a fetch asks for.
     *
     * @param most how many mails
     * @param waitMillis how long to wait for the first one; {@link #FOR_EVER} for as long as it
     *     takes
     * @param leaseMillis how long they are kept from others, 0: until the next fetch
     * @param force where the group is to begin anew, null: where it is
     * @param owner the push subscription that asks
     */
    record Wish(
            int most,
            long waitMillis,
            long leaseMillis,
            @Nullable Start force,
            @Nullable PushSubscription owner) {}

    static final long FOR_EVER = Long.MAX_VALUE;

    /** Gets the end. */
    interface Taker {
        /**
         * @return how many of the mails, from the first, were taken
         */
        int take(List<Mail> mails);

        void failed(String error);
    }

    private final GroupPolls group;
    private final Wish wish;
    private final Taker taker;
    private final List<Mail> got = new ArrayList<>();
    private boolean late;

    Poll(GroupPolls group, Wish wish, Taker taker) {
        this.group = group;
        this.wish = wish;
        this.taker = taker;
        this.late = wish.waitMillis() == 0;
    }

    Wish wish() {
        return wish;
    }

    Taker taker() {
        return taker;
    }

    List<Mail> got() {
        return got;
    }

    int wanted() {
        return wish.most() - got.size();
    }

    /** Whether it waits no longer. */
    boolean isLate() {
        return late;
    }

    @Override
    protected void fire() {
        late = true;
        group.late(this);
    }
}
