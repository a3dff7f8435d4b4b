package io.polymq.amqp;

import io.polymq.amqp.model.Arguments;
import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.model.ModelException;
import io.polymq.amqp.model.ReplyAddresses;
import io.polymq.codec.amqp.BasicProperties;
import io.polymq.codec.amqp.FieldTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The properties of a publish, checked: whose name it bears, how long it may wait, where copies go.
 * Most have nothing of that and stay as they came.
 *
 * @param bytes as they are kept
 * @param flags of the envelope
 * @param copies further routing keys
 */
record PublishedProperties(byte[] bytes, int flags, List<String> copies) {

    private static final int HEADERS = 1 << 13;
    private static final int DELIVERY_MODE = 1 << 12;
    private static final int PRIORITY = 1 << 11;
    private static final int REPLY_TO = 1 << 9;
    private static final int EXPIRATION = 1 << 8;
    private static final int USER_ID = 1 << 4;
    private static final int LOOKED_AT =
            HEADERS | DELIVERY_MODE | PRIORITY | REPLY_TO | EXPIRATION | USER_ID | 3;
    private static final int TEXTS_BEFORE = (1 << 15) | (1 << 14);

    /** Ten years. */
    private static final long MOST_MILLIS = 315_360_000_000L;

    /**
     * @param replyAddress where answers go that are asked for at {@code amq.rabbitmq.reply-to}
     * @throws ModelException when something is not as it must be
     */
    static PublishedProperties of(byte[] raw, Session session, @Nullable String replyAddress) {
        int set = (raw[0] & 0xFF) << 8 | raw[1] & 0xFF;
        if ((set & LOOKED_AT & ~DELIVERY_MODE) == 0
                && ((set & DELIVERY_MODE) == 0 || (set & TEXTS_BEFORE) == 0)) {
            boolean persistent =
                    (set & DELIVERY_MODE) != 0
                            && raw.length > 2
                            && raw[2] == BasicFormat.PERSISTENT;
            return new PublishedProperties(raw, persistent ? Envelope.PERSISTENT : 0, List.of());
        }
        return checked(raw, session, replyAddress);
    }

    private static PublishedProperties checked(
            byte[] raw, Session session, @Nullable String replyAddress) {
        BasicProperties basic = BasicProperties.decode(raw, 0, raw.length);
        Integer mode = basic.deliveryMode();
        int flags = mode != null && mode == BasicFormat.PERSISTENT ? Envelope.PERSISTENT : 0;
        flags |= basic.priority() == null ? 0 : Envelope.PRIORITY;
        String user = basic.userId();
        if (user != null
                && !user.equals(session.user())
                && !user.equals(session.principal().user())
                && !session.rights().mayImpersonate()) {
            throw AmqpErrors.precondition(
                    "user_id property set to '"
                            + user
                            + "' but authenticated user was '"
                            + session.user()
                            + "'");
        }
        String expiration = basic.expiration();
        if (expiration != null) {
            long millis = BasicFormat.millis(expiration);
            if (millis < 0 || millis > MOST_MILLIS) {
                throw AmqpErrors.precondition(
                        "invalid expiration '" + expiration + "': " + whyNot(expiration));
            }
            flags |= Envelope.EXPIRES;
        }
        BasicProperties kept = basic;
        if (ReplyAddresses.PSEUDO_QUEUE.equals(basic.replyTo())) {
            if (replyAddress == null) {
                throw AmqpErrors.precondition("fast reply consumer does not exist");
            }
            kept = withReplyTo(kept, replyAddress);
        }
        FieldTable headers = basic.headers();
        List<String> copies = List.of();
        if (headers != null && !headers.isEmpty()) {
            Map<String, @Nullable Object> entries = headers.entries();
            copies = copies(entries);
            if (entries.containsKey("BCC")) {
                Map<String, @Nullable Object> without = new LinkedHashMap<>(entries);
                without.remove("BCC");
                kept = kept.with(FieldTable.of(without), kept.expiration());
            }
        }
        return new PublishedProperties(kept == basic ? raw : kept.encode(), flags, copies);
    }

    private static String whyNot(String expiration) {
        int digits = 0;
        boolean negative = expiration.startsWith("-");
        int start = negative || expiration.startsWith("+") ? 1 : 0;
        while (start + digits < expiration.length()
                && Character.isDigit(expiration.charAt(start + digits))) {
            digits++;
        }
        if (digits == 0) {
            return "no_integer";
        }
        return start + digits < expiration.length()
                ? "{leftover_string,\"" + expiration.substring(start + digits) + "\"}"
                : negative
                        ? "{value_negative," + expiration + "}"
                        : "{value_too_large," + expiration + "}";
    }

    private static List<String> copies(Map<String, @Nullable Object> headers) {
        List<String> copies = new ArrayList<>();
        for (String name : List.of("CC", "BCC")) {
            if (!headers.containsKey(name)) {
                continue;
            }
            if (!(headers.get(name) instanceof List<?> keys)) {
                throw AmqpErrors.precondition(
                        "invalid message: {unacceptable_type_in_header,\""
                                + name
                                + "\","
                                + Arguments.typeOf(Arguments.of(headers).get(name))
                                + "}");
            }
            for (Object key : keys) {
                if (key instanceof String text) {
                    copies.add(text);
                }
            }
        }
        return copies;
    }

    private static BasicProperties withReplyTo(BasicProperties p, String address) {
        return new BasicProperties(
                p.contentType(),
                p.contentEncoding(),
                p.headers(),
                p.deliveryMode(),
                p.priority(),
                p.correlationId(),
                address,
                p.expiration(),
                p.messageId(),
                p.timestamp(),
                p.type(),
                p.userId(),
                p.appId(),
                p.clusterId());
    }
}
