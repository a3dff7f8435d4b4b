package io.polymq.mqtt;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.codec.mqtt.TopicRules;
import io.polymq.core.router.Router;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** SUBSCRIBE and UNSUBSCRIBE (3.8, 3.10). Connection zone. */
final class SubscribeHandler {

    /** The short form of a shared subscription whose group is called the same. */
    private static final String QUEUE = "$queue/";

    private final MqttShared shared;
    private final MqttConnection connection;

    SubscribeHandler(MqttShared shared, MqttConnection connection) {
        this.shared = shared;
        this.connection = connection;
    }

    /** A filter taken apart. */
    private record Target(@Nullable String group, Filter filter) {}

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
        Target target = target(request.filter());
        if (target == null) {
            return ReasonCode.TOPIC_FILTER_INVALID;
        }
        if (!shared.access().maySubscribe(session.principal(), session.peer(), target.filter())) {
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
            subscription = add(session, request.filter(), target, options);
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

    private MqttSubscription add(
            Session session, String filter, Target target, MqttSubscription.Options options) {
        String tenant = session.key().tenant();
        String group = target.group();
        SharedGroup members = group == null ? null : shared.group(tenant, filter);
        MqttSubscription subscription = new MqttSubscription(session, filter, members, options);
        session.subscriptions().put(filter, subscription);
        if (members != null) {
            members.joined(subscription, true);
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

    private @Nullable Target target(String filter) {
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
        int levels = shared.settings().maxTopicLevels();
        if (levels > 0 && TopicRules.levels(plain) > levels) {
            return null;
        }
        try {
            return new Target(group, Dialect.MQTT.parse(plain));
        } catch (InvalidSubjectException e) {
            return null;
        }
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
        connection.send(new MqttPacket.UnsubAck(packet.packetId(), Properties.NONE, reasons));
    }
}
