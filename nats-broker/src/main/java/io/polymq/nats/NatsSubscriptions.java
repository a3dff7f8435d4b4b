package io.polymq.nats;

import io.polymq.core.router.Router;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One connection's subscriptions by their sid. Connection zone. */
final class NatsSubscriptions {

    private static final Filter[] NOTHING_DENIED = new Filter[0];

    private final NatsConnection connection;
    private final int limit;
    private final Map<String, NatsSubscription> bySid = new HashMap<>();

    NatsSubscriptions(NatsConnection connection, int limit) {
        this.connection = connection;
        this.limit = limit;
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
        if (!connection.rights().maySubscribe(text)) {
            connection.error(
                    "Permissions Violation for Subscription to \""
                            + text
                            + '"'
                            + (group == null ? "" : " using queue \"" + group + '"'));
            return false;
        }
        if (limit > 0 && bySid.size() >= limit) {
            connection.error(NatsError.MAX_SUBSCRIPTIONS);
            return false;
        }
        byte[] sidBytes = Arrays.copyOfRange(bytes, sid, sid + sidLength);
        NatsSubscription subscription =
                new NatsSubscription(connection, filter, sidBytes, group, NOTHING_DENIED);
        bySid.put(id, subscription);
        subscription.registered(
                connection.space().subscribe(filter, group(group), false, subscription));
        return true;
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
            bySid.remove(id);
            subscription.close();
        }
    }

    void forget(NatsSubscription subscription) {
        bySid.remove(subscription.sid(), subscription);
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
        bySid.clear();
    }
}
