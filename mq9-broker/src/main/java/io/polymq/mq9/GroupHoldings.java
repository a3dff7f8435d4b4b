package io.polymq.mq9;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a group was handed and has not settled. Shard zone. */
final class GroupHoldings {

    private final MailZone zone;
    private final Map<Long, Held> held = new HashMap<>();
    private final Set<Long> loose = new HashSet<>();

    GroupHoldings(MailZone zone) {
        this.zone = zone;
    }

    @Nullable Held get(long id) {
        return held.get(id);
    }

    boolean isLeased() {
        return held.size() > loose.size();
    }

    void hold(List<Mail> mails, Function<Mail, GroupLevel> levels, Poll.Wish wish) {
        Lease lease = null;
        if (wish.leaseMillis() > 0) {
            Set<Long> ids = new HashSet<>();
            mails.forEach(mail -> ids.add(mail.id()));
            lease = new Lease(ids, this::over);
            zone.arm(lease, wish.leaseMillis());
        }
        for (Mail mail : mails) {
            held.put(mail.id(), new Held(levels.apply(mail), lease, wish.owner()));
            if (lease == null) {
                loose.add(mail.id());
            }
        }
    }

    /** What was fetched without a lease comes again, counted as delivered. */
    void releaseLoose() {
        for (Long id : loose) {
            Held one = held.remove(id);
            if (one != null) {
                one.level().consumption().release(id, true);
            }
        }
        loose.clear();
    }

    private void over(Lease lease) {
        for (Long id : List.copyOf(lease.ids())) {
            Held one = held.get(id);
            if (one != null && one.lease() == lease) {
                remove(id, one);
                one.level().consumption().release(id, true);
            }
        }
    }

    /** The time begins anew, for one. */
    void extend(long id, Held one, long millis) {
        Lease before = one.lease();
        if (before != null) {
            before.ids().remove(id);
        }
        Set<Long> alone = new HashSet<>();
        alone.add(id);
        Lease lease = new Lease(alone, this::over);
        zone.arm(lease, millis);
        loose.remove(id);
        held.put(id, new Held(one.level(), lease, one.owner()));
    }

    void dropped(long id) {
        Held one = held.get(id);
        if (one != null) {
            remove(id, one);
        }
    }

    void droppedThrough(GroupLevel level, long through) {
        List<Long> ids = new ArrayList<>();
        held.forEach(
                (id, one) -> {
                    if (one.level() == level && id <= through) {
                        ids.add(id);
                    }
                });
        ids.forEach(this::dropped);
    }

    private void remove(Long id, Held one) {
        held.remove(id);
        loose.remove(id);
        Lease lease = one.lease();
        if (lease != null) {
            lease.ids().remove(id);
            if (lease.ids().isEmpty()) {
                zone.disarm(lease);
            }
        }
        PushSubscription owner = one.owner();
        if (owner != null) {
            owner.settled();
        }
    }

    /** Nothing of it can be settled any more. */
    void forget() {
        for (Held one : held.values()) {
            Lease lease = one.lease();
            if (lease != null) {
                zone.disarm(lease);
            }
        }
        Set<PushSubscription> owners = new HashSet<>();
        held.values()
                .forEach(
                        one -> {
                            PushSubscription owner = one.owner();
                            if (owner != null) {
                                owners.add(owner);
                            }
                        });
        held.clear();
        loose.clear();
        owners.forEach(PushSubscription::forgotten);
    }
}
