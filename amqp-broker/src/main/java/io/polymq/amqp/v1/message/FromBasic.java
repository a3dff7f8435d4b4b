package io.polymq.amqp.v1.message;

import io.polymq.amqp.v1.type.DecodeException;
import io.polymq.amqp.v1.type.ValueReader;
import io.polymq.codec.amqp.AmqpException;
import io.polymq.codec.amqp.BasicProperties;
import io.polymq.codec.amqp.FieldTable;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Messages of AMQP 0-9-1 for AMQP 1.0, as RabbitMQ 4 converts them: {@code x-} headers are message
 * annotations, other simple ones application properties. What RabbitMQ leaves out (headers that are
 * arrays or tables, the cluster id) is kept in annotations of their own. Stateless.
 */
final class FromBasic {

    /** The type of messages whose body is one of AMQP 1.0. */
    static final String ENCODED_TYPE = "amqp-1.0";

    /** The annotation with headers that application properties cannot hold. */
    static final String OTHER_HEADERS = "x-opt-basic-headers";

    static final String TYPE = "x-basic-type";
    static final String CLUSTER_ID = "x-basic-cluster-id";

    private static final int PERSISTENT = 2;

    private FromBasic() {}

    static BasicProperties read(byte[] own, int offset, int length) {
        try {
            return BasicProperties.decode(own, offset, length);
        } catch (AmqpException unreadable) {
            return BasicProperties.NONE;
        }
    }

    static Sections sections(BasicProperties basic) {
        Map<String, @Nullable Object> annotations = new LinkedHashMap<>();
        Map<String, @Nullable Object> application = new LinkedHashMap<>();
        Map<String, @Nullable Object> others = new LinkedHashMap<>();
        headers(basic.headers())
                .forEach(
                        (name, value) -> {
                            Object converted = Conversion.fromField(value);
                            if (name.equals("CC")) {
                                annotations.put("x-cc", converted);
                            } else if (name.startsWith("x-")) {
                                annotations.put(name, converted);
                            } else if (Conversion.isSimple(converted)) {
                                application.put(name, converted);
                            } else {
                                others.put(name, value);
                            }
                        });
        if (!others.isEmpty()) {
            annotations.put(OTHER_HEADERS, Conversion.fromField(others));
        }
        String type = basic.type();
        if (type != null && !type.equals(ENCODED_TYPE)) {
            annotations.put(TYPE, type);
        }
        if (basic.clusterId() != null) {
            annotations.put(CLUSTER_ID, basic.clusterId());
        }
        return new Sections(header(basic), annotations, properties(basic), application);
    }

    private static Header header(BasicProperties basic) {
        Integer mode = basic.deliveryMode();
        Integer priority = basic.priority();
        return new Header(
                mode != null && mode == PERSISTENT, priority == null ? -1 : priority, -1, false, 0);
    }

    private static Properties properties(BasicProperties basic) {
        String user = basic.userId();
        Long timestamp = basic.timestamp();
        return new Properties(
                Conversion.id(basic.messageId()),
                user == null ? null : user.getBytes(StandardCharsets.UTF_8),
                null,
                null,
                basic.replyTo(),
                Conversion.id(basic.correlationId()),
                basic.contentType(),
                basic.contentEncoding(),
                null,
                timestamp == null ? null : seconds(timestamp),
                basic.appId(),
                null,
                null);
    }

    private static Instant seconds(long seconds) {
        long most = Long.MAX_VALUE / 1000;
        return Instant.ofEpochSecond(Math.max(-most, Math.min(most, seconds)));
    }

    private static Map<String, @Nullable Object> headers(@Nullable FieldTable headers) {
        if (headers == null) {
            return Map.of();
        }
        try {
            return headers.entries();
        } catch (AmqpException unreadable) {
            return Map.of();
        }
    }

    /** Whether the payload is the sections of a body, as the type says. */
    static boolean isEncoded(BasicProperties basic, byte[] payload, int offset, int length) {
        if (!ENCODED_TYPE.equals(basic.type()) || length == 0) {
            return false;
        }
        ValueReader in = new ValueReader().over(payload, offset, length);
        try {
            while (in.hasMore()) {
                if (SectionCode.read(in) < SectionCode.DATA) {
                    return false;
                }
                in.check();
            }
            return true;
        } catch (DecodeException none) {
            return false;
        }
    }
}
