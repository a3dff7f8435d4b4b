package io.polymq.nats;

import io.polymq.core.router.Router;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One connection's subscriptions by their sid. Connection zone; monitoring looks from elsewhere.
 */
final class NatsSubscriptions {

    private static final String SYSTEM_GROUP = "_sys_";

    private final NatsConnection connection;
    private int limit;
    private final Map<String, NatsSubscription> bySid = new ConcurrentHashMap<>(4);

    NatsSubscriptions(NatsConnection connection, int limit) {
        this.connection = connection;
        this.limit = limit;
    }

    /** As the client's user has it; 0 is without bound. */
    void limit(int most) {
        limit = most;
    }

    /**
     * @return whether the command was taken; when not, the client has been told why
     */
    boolean add(
            byte[] bytes,
            int subject,
            int subjectLength,
            int queue,
            int queueLength,
            int sid,
            int sidLength) {
        String id = new String(bytes, sid, sidLength, StandardCharsets.ISO_8859_1);
        Filter filter;
        try {
            filter = Dialect.NATS.parse(bytes, subject, subjectLength);
        } catch (InvalidSubjectException e) {
            connection.error(NatsError.INVALID_SUBJECT);
            return false;
        }
        if (bySid.containsKey(id)) {
            return true;
        }
        String text = new String(bytes, subject, subjectLength, StandardCharsets.UTF_8);
        String group =
                queueLength == 0
                        ? null
                        : new String(bytes, queue, queueLength, StandardCharsets.UTF_8);
        String refusal = refusal(filter, text, group);
        if (refusal != null) {
            connection.error(refusal);
            return false;
        }
        if (limit > 0 && bySid.size() >= limit
                || !connection.space().mayAdd()
                || !connection.account().subscribed()) {
            connection.error(NatsError.MAX_SUBSCRIPTIONS);
            return false;
        }
        byte[] sidBytes = Arrays.copyOfRange(bytes, sid, sid + sidLength);
        NatsSubscription subscription =
                new NatsSubscription(
                        connection,
                        filter,
                        sidBytes,
                        group,
                        connection.rights().deniedWithin(filter));
        bySid.put(id, subscription);
        subscription.registered(
                connection.space().subscribe(filter, group(group), false, subscription));
        return true;
    }

    private @Nullable String refusal(Filter filter, String text, @Nullable String group) {
        if (SYSTEM_GROUP.equals(group) || !connection.rights().maySubscribe(filter, group)) {
            return "Permissions Violation for Subscription to \""
                    + text
                    + '"'
                    + (group == null ? "" : " using queue \"" + group + '"');
        }
        int most = connection.broker().limits().maxSubscriptionTokens();
        if (most > 0 && filter.levelCount() > most
                || !filter.isExact()
                        && filter.levelCount() > connection.broker().router().maxLevels()) {
            return "Permissions Violation for Subscription to \"" + text + "\", too many tokens";
        }
        return null;
    }

    private static Router.@Nullable Group group(@Nullable String queue) {
        return queue == null
                ? null
                : new Router.Group(NatsBinding.NAME + ':' + queue, true, Router.Strategy.RANDOM);
    }

    /** UNSUB: at once, or after so many deliveries since the beginning. */
    void end(byte[] bytes, int sid, int sidLength, int max) {
        String id = new String(bytes, sid, sidLength, StandardCharsets.ISO_8859_1);
        NatsSubscription subscription = bySid.get(id);
        if (subscription != null && (max == 0 || subscription.limit(max))) {
            forget(subscription);
            subscription.close();
        }
    }

    void forget(NatsSubscription subscription) {
        if (bySid.remove(subscription.sid(), subscription)) {
            connection.account().unsubscribed(1);
        }
    }

    /** Under other rights: those that may no longer be end, and the client hears of each. */
    void reconsider() {
        for (NatsSubscription subscription : list()) {
            String refusal =
                    refusal(
                            subscription.filter(),
                            subscription.filter().toString(),
                            subscription.queue());
            if (refusal == null) {
                subscription.denied(connection.rights().deniedWithin(subscription.filter()));
            } else {
                connection.error(refusal);
                forget(subscription);
                subscription.close();
            }
        }
    }

    int size() {
        return bySid.size();
    }

    /** A subscription that would get this subject; null when there is none. */
    @Nullable NatsSubscription firstFor(Subject subject) {
        for (NatsSubscription subscription : bySid.values()) {
            if (subscription.filter().matches(subject)) {
                return subscription;
            }
        }
        return null;
    }

    List<NatsSubscription> list() {
        return List.copyOf(bySid.values());
    }

    void close() {
        bySid.values().forEach(NatsSubscription::close);
        connection.account().unsubscribed(bySid.size());
        bySid.clear();
    }
}
