package io.polymq.mqtt;

import io.polymq.codec.mqtt.TopicRules;
import io.polymq.core.router.Router;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Takes filters apart and puts subscriptions into the router. The groups of shared subscriptions
 * are for any thread, the rest is for the zone of the session at hand.
 */
final class Subscriptions {

    /** The short form of a shared subscription whose group is called the same. */
    static final String QUEUE = "$queue/";

    /** One client at a time may have the filter behind it. */
    static final String EXCLUSIVE = "$exclusive/";

    private final MqttShared shared;
    private final Map<String, SharedGroup> groups = new ConcurrentHashMap<>();
    private final Map<String, Session> exclusives = new ConcurrentHashMap<>();

    /** A filter taken apart. */
    record Target(@Nullable String group, Filter filter, boolean exclusive) {}

    Subscriptions(MqttShared shared) {
        this.shared = shared;
    }

    /** The members of a shared subscription, known by tenant, group and filter. */
    private SharedGroup enter(String tenant, String filter) {
        return groups.compute(
                key(tenant, filter),
                (key, known) -> {
                    SharedGroup group = known == null ? new SharedGroup() : known;
                    group.entered();
                    return group;
                });
    }

    /** A subscription that had entered is closed; the last one takes the group with it. */
    void leave(Session session, String filter) {
        groups.computeIfPresent(
                key(session.key().tenant(), filter),
                (key, group) -> group.isLastGone() ? null : group);
    }

    private static String key(String tenant, String filter) {
        return tenant + '\0' + filter;
    }

    /** How many shared subscriptions there are. */
    int sharedGroups() {
        return groups.size();
    }

    /** Whether the session has, or now gets, the filter for itself alone. */
    boolean takeExclusive(Session session, Target target) {
        String key = key(session.key().tenant(), target.filter().toString());
        Session owner = exclusives.putIfAbsent(key, session);
        return owner == null || owner == session;
    }

    void leaveExclusive(Session session, Target target) {
        exclusives.remove(key(session.key().tenant(), target.filter().toString()), session);
    }

    /** A subscription as it was stored. */
    void add(Session session, String filter, MqttSubscription.Options options) {
        Target target = target(filter);
        if (target != null && (!target.exclusive() || takeExclusive(session, target))) {
            add(session, filter, target, options);
        }
    }

    /** In the session's zone. */
    MqttSubscription add(
            Session session, String filter, Target target, MqttSubscription.Options options) {
        String tenant = session.key().tenant();
        String group = target.group();
        SharedGroup members = group == null ? null : enter(tenant, filter);
        MqttSubscription subscription =
                new MqttSubscription(session, filter, target, members, options);
        session.subscriptions().put(filter, subscription);
        if (members != null) {
            members.joined(subscription, session.isConnected());
        }
        Router.Group shares =
                group == null
                        ? null
                        : new Router.Group(
                                "mqtt:" + group, false, shared.settings().shareStrategy());
        subscription.route(
                shared.router()
                        .space(tenant)
                        .subscribe(target.filter(), shares, false, subscription));
        return subscription;
    }

    /** Null when it is no filter that can be subscribed to. */
    @Nullable Target target(String filter) {
        String group = null;
        String plain = filter;
        if (filter.startsWith(TopicRules.SHARE)) {
            TopicRules.Shared parts = TopicRules.Shared.parse(filter);
            if (parts == null) {
                return null;
            }
            group = parts.group();
            plain = parts.filter();
        } else if (filter.startsWith(QUEUE)) {
            group = "$queue";
            plain = filter.substring(QUEUE.length());
        }
        if (plain.length() > shared.settings().maxTopicLength()) {
            return null;
        }
        boolean exclusive = filter.startsWith(EXCLUSIVE);
        if (exclusive) {
            plain = filter.substring(EXCLUSIVE.length());
        }
        int levels = shared.settings().maxTopicLevels();
        int most = shared.router().maxLevels();
        if (TopicRules.levels(plain) > (levels == 0 ? most : Math.min(levels, most))) {
            return null;
        }
        try {
            return new Target(group, Dialect.MQTT.parse(plain), exclusive);
        } catch (InvalidSubjectException e) {
            return null;
        }
    }
}
