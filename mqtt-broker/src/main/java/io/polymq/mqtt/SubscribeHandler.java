package io.polymq.mqtt;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.codec.mqtt.TopicRules;
import io.polymq.core.security.Security;
import io.polymq.storage.StorageException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** SUBSCRIBE and UNSUBSCRIBE (3.8, 3.10). Connection zone. */
final class SubscribeHandler {

    private final MqttShared shared;
    private final MqttConnection connection;

    SubscribeHandler(MqttShared shared, MqttConnection connection) {
        this.shared = shared;
        this.connection = connection;
    }

    /** Subscriptions made by one packet: the answer and the retained messages wait for all. */
    private static final class Made {
        final List<ReasonCode> reasons = new ArrayList<>();
        final List<MqttSubscription> changed = new ArrayList<>();
        final List<RetainedDelivery> retained = new ArrayList<>(0);
    }

    void onSubscribe(MqttPacket.Subscribe packet) {
        List<Integer> ids = packet.properties().subscriptionIdentifiers();
        int id = ids.isEmpty() ? 0 : ids.getFirst();
        Made made = new Made();
        for (MqttPacket.Subscribe.Request request : packet.requests()) {
            made.reasons.add(subscribe(request, id, made));
        }
        Session session = connection.session();
        shared.sessions()
                .subscribed(
                        session,
                        made.changed,
                        failure -> onSubscribed(session, packet.packetId(), made, failure));
    }

    /** They are safe, where they are to survive; else the client must not count on them. */
    private void onSubscribed(
            Session session, int packetId, Made made, @Nullable StorageException failure) {
        if (failure != null) {
            for (MqttSubscription subscription : made.changed) {
                if (session.subscriptions().remove(subscription.filter(), subscription)) {
                    subscription.close();
                }
            }
            made.reasons.replaceAll(r -> r.isError() ? r : ReasonCode.QUOTA_EXCEEDED);
        }
        if (session.connection() != connection) {
            return;
        }
        connection.send(new MqttPacket.SubAck(packetId, Properties.NONE, reasons(made.reasons)));
        if (failure == null) {
            made.retained.forEach(RetainedDelivery::run);
        }
    }

    /** Version 3 knows one way to fail. */
    private List<ReasonCode> reasons(List<ReasonCode> reasons) {
        if (connection.isV5()) {
            return reasons;
        }
        return reasons.stream()
                .map(reason -> reason.isError() ? ReasonCode.UNSPECIFIED_ERROR : reason)
                .toList();
    }

    /** Makes the subscriptions that the configuration has for every client. */
    void autoSubscribe() {
        Session session = connection.session();
        Made made = new Made();
        for (String rule : shared.settings().autoSubscribe()) {
            String[] parts = rule.trim().split("\\s+");
            String filter =
                    Placeholders.fill(
                            parts[0], session.key().clientId(), session.principal().user());
            int qos = parts.length > 1 ? Integer.parseInt(parts[1]) : 0;
            if (TopicRules.isFilter(filter)) {
                subscribe(new MqttPacket.Subscribe.Request(filter, qos, false, false, 0), 0, made);
            }
        }
        shared.sessions()
                .subscribed(
                        session,
                        made.changed,
                        failure -> made.retained.forEach(RetainedDelivery::run));
    }

    private ReasonCode subscribe(MqttPacket.Subscribe.Request asked, int id, Made made) {
        Session session = connection.session();
        MqttPacket.Subscribe.Request request = rewritten(asked, session);
        Subscriptions.Target target = shared.subscriptions().target(request.filter());
        if (target == null || !TopicRules.isFilter(request.filter())) {
            return ReasonCode.TOPIC_FILTER_INVALID;
        }
        MqttSettings.Offered offered = shared.settings().offered();
        if (target.group() != null && !offered.shared()) {
            return ReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED;
        }
        if (!offered.wildcards() && hasWildcard(request.filter())) {
            return ReasonCode.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED;
        }
        int qos = Math.min(request.qos(), offered.qos());
        if (shared.access().coverage(session.principal(), session.peer(), target)
                == Security.Coverage.NONE) {
            return ReasonCode.NOT_AUTHORIZED;
        }
        MqttSubscription known = session.subscriptions().get(request.filter());
        if (known == null
                && (session.subscriptions().size() >= shared.settings().maxSubscriptions()
                        || !shared.router().space(session.key().tenant()).mayAdd())) {
            return ReasonCode.QUOTA_EXCEEDED;
        }
        boolean bridge = connection.limits().bridge();
        MqttSubscription.Options options =
                new MqttSubscription.Options(
                        qos,
                        request.noLocal() || bridge,
                        request.retainAsPublished() || bridge,
                        request.retainHandling(),
                        id);
        if (target.exclusive() && !shared.subscriptions().takeExclusive(session, target)) {
            return ReasonCode.QUOTA_EXCEEDED;
        }
        MqttSubscription subscription = known;
        if (subscription == null) {
            subscription = shared.subscriptions().add(session, request.filter(), target, options);
            made.changed.add(subscription);
        } else if (!subscription.options().equals(options)) {
            subscription.options(options);
            made.changed.add(subscription);
        }
        shared.events().subscribed(session, request.filter());
        boolean wanted =
                switch (request.retainHandling()) {
                    case 0 -> true;
                    case 1 -> known == null;
                    default -> false;
                };
        if (wanted && target.group() == null) {
            made.retained.add(new RetainedDelivery(shared, session, subscription, target.filter()));
        }
        return switch (qos) {
            case 0 -> ReasonCode.SUCCESS;
            case 1 -> ReasonCode.GRANTED_QOS_1;
            default -> ReasonCode.GRANTED_QOS_2;
        };
    }

    private static boolean hasWildcard(String filter) {
        return filter.indexOf('+') >= 0 || filter.indexOf('#') >= 0;
    }

    private MqttPacket.Subscribe.Request rewritten(
            MqttPacket.Subscribe.Request asked, Session session) {
        String filter = rewritten(asked.filter(), session);
        return filter.equals(asked.filter())
                ? asked
                : new MqttPacket.Subscribe.Request(
                        filter,
                        asked.qos(),
                        asked.noLocal(),
                        asked.retainAsPublished(),
                        asked.retainHandling());
    }

    private String rewritten(String filter, Session session) {
        return connection
                .door()
                .mountFilter(
                        shared.rewrite()
                                .subscribe(filter, session.key().clientId(), session.principal()));
    }

    void onUnsubscribe(MqttPacket.Unsubscribe packet) {
        Session session = connection.session();
        List<ReasonCode> reasons = new ArrayList<>(packet.filters().size());
        List<String> gone = new ArrayList<>(packet.filters().size());
        for (String asked : packet.filters()) {
            String filter = rewritten(asked, session);
            MqttSubscription subscription = session.subscriptions().remove(filter);
            if (subscription == null) {
                reasons.add(ReasonCode.NO_SUBSCRIPTION_EXISTED);
            } else {
                subscription.close();
                gone.add(filter);
                shared.events().unsubscribed(session, filter);
                reasons.add(ReasonCode.SUCCESS);
            }
        }
        shared.sessions()
                .unsubscribed(
                        session,
                        gone,
                        failure -> {
                            if (session.connection() == connection) {
                                reasons.replaceAll(r -> failure == null ? r : stillThere(r));
                                connection.send(
                                        new MqttPacket.UnsubAck(
                                                packet.packetId(), Properties.NONE, reasons));
                            }
                        });
    }

    /** What could not be forgotten for good may be there again after a restart. */
    private static ReasonCode stillThere(ReasonCode reason) {
        return reason == ReasonCode.SUCCESS ? ReasonCode.UNSPECIFIED_ERROR : reason;
    }
}
