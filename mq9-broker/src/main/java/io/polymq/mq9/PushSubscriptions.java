package io.polymq.mq9;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A mailbox's push subscriptions. Shard zone. */
final class PushSubscriptions {

    static final int MOST = 1000;

    private final LiveMailbox mailbox;
    private final Map<String, PushSubscription> byId = new HashMap<>();

    PushSubscriptions(LiveMailbox mailbox) {
        this.mailbox = mailbox;
    }

    boolean isEmpty() {
        return byId.isEmpty();
    }

    void add(PushSubscription subscription) {
        if (byId.size() >= MOST) {
            throw new Mq9Exception(
                    "mailbox "
                            + mailbox.mailbox().address()
                            + " has "
                            + MOST
                            + " push subscriptions");
        }
        byId.put(subscription.id(), subscription);
        mailbox.parts().tellSubscribed(subscription, true);
    }

    @Nullable PushSubscription find(String id) {
        return byId.get(id);
    }

    void end(PushSubscription subscription) {
        if (byId.remove(subscription.id()) != null) {
            mailbox.parts().tellSubscribed(subscription, false);
        }
        subscription.end();
    }

    void end() {
        List.copyOf(byId.values()).forEach(this::end);
    }
}
