package io.polymq.amqp.v1;

import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.model.ModelException;
import io.polymq.amqp.v1.address.Address;
import io.polymq.amqp.v1.address.AddressException;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.ErrorInfo;
import io.polymq.amqp.v1.frame.FrameException;
import io.polymq.amqp.v1.message.Incoming;
import io.polymq.amqp.v1.type.Unsigned;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Publishes what comes by a link: to the link's own place, or to the one that each message names.
 * Accepted is what is safe, released what nobody takes, rejected what is refused. Connection zone.
 */
final class PublishTarget implements Arrival {

    private static final String DELIVERY_TIME = "x-opt-delivery-time";
    private static final String DELIVERY_DELAY = "x-opt-delivery-delay";

    /** What a JMS client's destination is: a queue, a topic, a temporary queue or topic. */
    private static final String JMS_DESTINATION = "x-opt-jms-dest";

    private static final Set<String> TOPIC = Set.of("topic");

    /** The longest routing key. */
    private static final int MOST_KEY = 255;

    private final Session session;
    private final V1Connection connection;
    private final @Nullable Place own;
    private final Set<String> capabilities;
    private final Incoming incoming;
    private String lastKey = "";
    private byte[] lastKeyBytes = {};

    /**
     * @param own null when each message names its place
     */
    PublishTarget(Session session, @Nullable Place own, Set<String> capabilities) {
        this.session = session;
        this.connection = session.connection();
        this.own = own;
        this.capabilities = capabilities;
        this.incoming = new Incoming(connection.broker().settings().maxMessageSize());
    }

    @Override
    public void message(
            IncomingLink link,
            int deliveryId,
            boolean settled,
            @Nullable DeliveryState state,
            byte[] bytes,
            int offset,
            int length) {
        incoming.read(bytes, offset, length);
        checkUser();
        connection.published();
        Place place = own;
        if (place == null) {
            try {
                place = named();
            } catch (ModelException | FrameException | AddressException refused) {
                refuse(link, deliveryId, settled, refused);
                return;
            }
        }
        String key = key(place);
        connection.opening().rights().publish(place.exchange().name(), key, place.isTopic());
        Message message = message(place, key);
        long at = deliveryTime();
        if (state instanceof DeliveryState.Transactional provisional) {
            session.transactions()
                    .publish(
                            provisional,
                            new Transaction.Staged(
                                    place.exchange(), key, incoming.copies(), message.keep(), at));
            if (!settled) {
                session.outcomes()
                        .settle(
                                link,
                                deliveryId,
                                new DeliveryState.Transactional(
                                        provisional.transaction(), DeliveryState.ACCEPTED));
            }
            return;
        }
        if (settled) {
            publish(place, key, message, at);
            return;
        }
        Outcomes.Publish publish = session.outcomes().publish(link, deliveryId);
        Receipt receipt = new Receipt(publish);
        message.receipt(receipt);
        try {
            if (!publish(place, key, message, at) && !isOfJms()) {
                publish.becomes(DeliveryState.RELEASED);
            }
        } finally {
            receipt.seal();
        }
    }

    /** A topic as JMS has them, where it is no fault that nobody listens. */
    private boolean isOfJms() {
        return capabilities.contains("topic")
                || capabilities.contains("temporary-topic")
                || own == null && isOfJmsTopic();
    }

    /** Whether the message says that it goes to a topic. */
    private boolean isOfJmsTopic() {
        long kind = number(incoming.annotations().get(JMS_DESTINATION));
        return kind == 1 || kind == 3;
    }

    private boolean publish(Place place, String key, Message message, long at) {
        if (at > connection.broker().clock().millis()) {
            connection.loop().publisher().publishAt(place.exchange(), message, at);
            return true;
        }
        boolean taken =
                connection
                        .loop()
                        .publisher()
                        .publish(place.exchange(), key, incoming.copies(), message);
        if (!taken) {
            connection.broker().metrics().unroutable();
        }
        return taken;
    }

    private void refuse(IncomingLink link, int deliveryId, boolean settled, RuntimeException why) {
        if (settled) {
            connection.broker().metrics().unroutable();
            return;
        }
        ErrorInfo error =
                why instanceof AddressException
                        ? ErrorInfo.of(Condition.NOT_FOUND, String.valueOf(why.getMessage()))
                        : Conditions.of(why);
        session.outcomes().settle(link, deliveryId, new DeliveryState.Rejected(error));
    }

    /** The place that the message itself names. */
    private Place named() {
        String to = incoming.properties().to();
        if (to == null) {
            throw FrameException.link(
                    Condition.INVALID_FIELD,
                    "a message by the anonymous terminus that does not say to where");
        }
        Place place =
                Place.of(
                        Address.target(to, isOfJmsTopic() ? TOPIC : capabilities),
                        connection.host());
        connection.opening().rights().publish(place.exchange().name(), key(place), place.isTopic());
        return place;
    }

    private String key(Place place) {
        String fixed = place.key();
        if (fixed != null) {
            return fixed;
        }
        String subject = incoming.properties().subject();
        return subject == null ? "" : subject;
    }

    private Message message(Place place, String key) {
        if (!key.equals(lastKey)) {
            byte[] written = key.getBytes(StandardCharsets.UTF_8);
            if (written.length > MOST_KEY) {
                throw FrameException.link(
                        Condition.INVALID_FIELD,
                        "a routing key of more than " + MOST_KEY + " bytes");
            }
            lastKey = key;
            lastKeyBytes = written;
        }
        byte[] exchange = place.exchangeName();
        int ownLength = incoming.ownLength();
        byte[] head =
                connection
                        .loop()
                        .header(Envelope.size(exchange.length, lastKeyBytes.length, ownLength));
        int headLength = Envelope.write(exchange, lastKeyBytes, incoming.own(), 0, ownLength, head);
        return connection
                .loop()
                .message()
                .begin(
                        connection.loop().subjects().dotted(lastKeyBytes, 0, lastKeyBytes.length),
                        incoming.payload(),
                        incoming.payloadOffset(),
                        incoming.payloadLength())
                .publisher(connection.id())
                .header(connection.broker().v1Codec(), head, 0, headLength, incoming.flags());
    }

    private void checkUser() {
        byte[] claimed = incoming.userId();
        if (claimed == null || connection.opening().rights().mayImpersonate()) {
            return;
        }
        String name = new String(claimed, StandardCharsets.UTF_8);
        if (!name.equals(connection.opening().user())) {
            throw FrameException.link(
                    Condition.UNAUTHORIZED_ACCESS,
                    "user_id property set to '"
                            + name
                            + "' but authenticated user was '"
                            + connection.opening().user()
                            + "'");
        }
    }

    /** When it is to be delivered, in milliseconds since 1970; -1 for now. */
    private long deliveryTime() {
        Map<String, @Nullable Object> annotations = incoming.annotations();
        if (annotations.isEmpty()) {
            return -1;
        }
        long time = number(annotations.get(DELIVERY_TIME));
        if (time >= 0) {
            return time;
        }
        long delay = number(annotations.get(DELIVERY_DELAY));
        return delay > 0 ? connection.broker().clock().millis() + delay : -1;
    }

    private static long number(@Nullable Object value) {
        return switch (value) {
            case Unsigned number when number.fitsLong() -> number.value();
            case Instant time -> time.toEpochMilli();
            case Number number -> number.longValue();
            case null, default -> -1;
        };
    }
}
