package io.polymq.mqtt;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.ReasonCode;
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

    private ReasonCode subscribe(
            MqttPacket.Subscribe.Request request, int id, List<RetainedDelivery> retained) {
        Session session = connection.session();
        Subscriptions.Target target = shared.subscriptions().target(request.filter());
        if (target == null) {
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
        MqttSubscription subscription = known;
        if (subscription == null) {
            subscription = shared.subscriptions().add(session, request.filter(), target, options);
        } else {
            subscription.options(options);
        }
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

    void onUnsubscribe(MqttPacket.Unsubscribe packet) {
        Session session = connection.session();
        List<ReasonCode> reasons = new ArrayList<>(packet.filters().size());
        for (String filter : packet.filters()) {
            MqttSubscription subscription = session.subscriptions().remove(filter);
            if (subscription == null) {
                reasons.add(ReasonCode.NO_SUBSCRIPTION_EXISTED);
            } else {
                subscription.close();
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
