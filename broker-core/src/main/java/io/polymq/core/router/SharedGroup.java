package io.polymq.core.router;

import io.polymq.core.message.Message;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * How a group takes turns: over all its filters, or for each filter by itself. A member that
 * refuses is passed over for the next one. Shared; turns are taken without locks.
 */
final class SharedGroup {

    private final Router.Group spec;
    private final AtomicInteger turn = new AtomicInteger();
    private volatile @Nullable Member favourite;

    /** How many filters it stands at. Written under the space's lock. */
    int places;

    SharedGroup(Router.Group spec) {
        this.spec = spec;
    }

    Router.Group spec() {
        return spec;
    }

    boolean offer(Message message, Member[] members) {
        int first =
                switch (spec.strategy()) {
                    case RANDOM -> ThreadLocalRandom.current().nextInt(members.length);
                    case ROUND_ROBIN -> next(members.length);
                    case STICKY -> sticky(members);
                    case HASH_PUBLISHER ->
                            spread(Long.hashCode(message.publisher()), members.length);
                    case HASH_SUBJECT -> spread(message.subject().hashCode(), members.length);
                    case LEAST_IN_FLIGHT -> idlest(members);
                };
        for (int i = 0; i < members.length; i++) {
            Member member = members[(first + i) % members.length];
            if (member.offer(message)) {
                if (spec.strategy() == Router.Strategy.STICKY) {
                    favourite = member;
                }
                return true;
            }
        }
        return false;
    }

    private int next(int size) {
        return Integer.remainderUnsigned(turn.getAndIncrement(), size);
    }

    @SuppressWarnings("ReferenceEquality") // a member is itself
    private int sticky(Member[] members) {
        Member known = favourite;
        if (known != null && known.isOpen()) {
            for (int i = 0; i < members.length; i++) {
                if (members[i] == known) {
                    return i;
                }
            }
        }
        return next(members.length);
    }

    private int idlest(Member[] members) {
        int start = next(members.length);
        int best = start;
        int least = Integer.MAX_VALUE;
        for (int i = 0; i < members.length && least > 0; i++) {
            int at = (start + i) % members.length;
            int load = members[at].inFlight();
            if (load < least) {
                least = load;
                best = at;
            }
        }
        return best;
    }

    private static int spread(int hash, int size) {
        return (int) ((hash * 0x9E3779B1 & 0xFFFFFFFFL) * size >>> 32);
    }
}
