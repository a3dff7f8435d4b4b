package io.polymq.mqtt;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.codec.mqtt.TopicRules;
import io.polymq.core.security.Security;
import java.util.ArrayList;
import java.util.List;

/** SUBSCRIBE and UNSUBSCRIBE (3.8, 3.10). Connection zone. */
final class SubscribeHandler {

    private final MqttShared shared;
    private final MqttConnection connection;

    SubscribeHandler(MqttShared shared, MqttConnection connection) {
        this.shared = shared;
        this.connection = connection;
    }

    void onSubscribe(MqttPacket.Subscribe packet) {
        List<ReasonCode> reasons = new ArrayList<>(packet.requests().size());
        List<RetainedDelivery> retained = new ArrayList<>(0);
        List<Integer> ids = packet.properties().subscriptionIdentifiers();
        int id = ids.isEmpty() ? 0 : ids.getFirst();
        for (MqttPacket.Subscribe.Request request : packet.requests()) {
            reasons.add(subscribe(request, id, retained));
        }
        connection.send(
                new MqttPacket.SubAck(packet.packetId(), Properties.NONE, reasons(reasons)));
        for (RetainedDelivery delivery : retained) {
            delivery.run();
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
        List<RetainedDelivery> retained = new ArrayList<>(0);
        for (String rule : shared.settings().autoSubscribe()) {
            String[] parts = rule.trim().split("\\s+");
            String filter =
                    Placeholders.fill(
                            parts[0], session.key().clientId(), session.principal().user());
            int qos = parts.length > 1 ? Integer.parseInt(parts[1]) : 0;
            if (TopicRules.isFilter(filter)) {
                subscribe(
                        new MqttPacket.Subscribe.Request(filter, qos, false, false, 0),
                        0,
                        retained);
            }
        }
        retained.forEach(RetainedDelivery::run);
    }

    private ReasonCode subscribe(
            MqttPacket.Subscribe.Request asked, int id, List<RetainedDelivery> retained) {
        Session session = connection.session();
        MqttPacket.Subscribe.Request request = rewritten(asked, session);
        Subscriptions.Target target = shared.subscriptions().target(request.filter());
        if (target == null || !TopicRules.isFilter(request.filter())) {
            return ReasonCode.TOPIC_FILTER_INVALID;
        }
        if (shared.access().coverage(session.principal(), session.peer(), target)
                == Security.Coverage.NONE) {
            return ReasonCode.NOT_AUTHORIZED;
        }
        MqttSubscription known = session.subscriptions().get(request.filter());
        if (known == null
                && session.subscriptions().size() >= shared.settings().maxSubscriptions()) {
            return ReasonCode.QUOTA_EXCEEDED;
        }
        boolean bridge = connection.limits().bridge();
        MqttSubscription.Options options =
                new MqttSubscription.Options(
                        request.qos(),
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
        } else {
            subscription.options(options);
        }
        shared.events().subscribed(session, request.filter());
        boolean wanted =
                switch (request.retainHandling()) {
                    case 0 -> true;
                    case 1 -> known == null;
                    default -> false;
                };
        if (wanted && target.group() == null) {
            retained.add(new RetainedDelivery(shared, session, subscription, target.filter()));
        }
        return switch (request.qos()) {
            case 0 -> ReasonCode.SUCCESS;
            case 1 -> ReasonCode.GRANTED_QOS_1;
            default -> ReasonCode.GRANTED_QOS_2;
        };
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
        return shared.rewrite().subscribe(filter, session.key().clientId(), session.principal());
    }

    void onUnsubscribe(MqttPacket.Unsubscribe packet) {
        Session session = connection.session();
        List<ReasonCode> reasons = new ArrayList<>(packet.filters().size());
        for (String filter : packet.filters()) {
            MqttSubscription subscription =
                    session.subscriptions().remove(rewritten(filter, session));
            if (subscription == null) {
                reasons.add(ReasonCode.NO_SUBSCRIPTION_EXISTED);
            } else {
                subscription.close();
                shared.events().unsubscribed(session, filter);
                reasons.add(ReasonCode.SUCCESS);
            }
        }
        MqttPacket answer = new MqttPacket.UnsubAck(packet.packetId(), Properties.NONE, reasons);
        shared.sessions()
                .saveThen(
                        session,
                        () -> {
                            if (session.connection() == connection) {
                                connection.send(answer);
                            }
                        });
    }
}
