package io.polymq.nats;

import io.polymq.codec.nats.NatsHeaders;
import io.polymq.core.message.HeaderCodec;
import io.polymq.core.message.MessageProperties;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * NATS header blocks in neutral terms. Every line is a user header; the few with a meaning of their
 * own elsewhere are given that meaning as well as kept.
 */
public final class NatsHeaderCodec implements HeaderCodec {

    public static final NatsHeaderCodec INSTANCE = new NatsHeaderCodec();

    private static final String CONTENT_TYPE = "Content-Type";
    private static final String MESSAGE_ID = "Nats-Msg-Id";
    private static final String CORRELATION = "Correlation-Id";
    private static final byte[] NO_HEADERS = new byte[0];

    private NatsHeaderCodec() {}

    @Override
    public String protocol() {
        return NatsBinding.NAME;
    }

    @Override
    public MessageProperties decode(byte[] header, int offset, int length, int flags) {
        NatsHeaders block = length == 0 ? null : NatsHeaders.parse(header, offset, length);
        if (block == null) {
            return MessageProperties.NONE;
        }
        List<MessageProperties.Header> headers = new ArrayList<>(block.entries().size());
        for (NatsHeaders.Entry entry : block.entries()) {
            if (!isNeutral(entry.name())) {
                headers.add(
                        new MessageProperties.Header(
                                entry.name(), entry.value().getBytes(StandardCharsets.UTF_8)));
            }
        }
        String correlation = block.first(CORRELATION);
        return new MessageProperties(
                block.first(CONTENT_TYPE),
                correlation == null ? null : correlation.getBytes(StandardCharsets.UTF_8),
                null,
                block.first(MESSAGE_ID),
                -1,
                -1,
                -1,
                false,
                headers);
    }

    /** A block that says what the neutral properties say; empty when they say nothing. */
    public static byte[] encode(MessageProperties properties) {
        List<NatsHeaders.Entry> entries = new ArrayList<>();
        add(entries, CONTENT_TYPE, properties.contentType());
        add(entries, MESSAGE_ID, properties.messageId());
        byte[] correlation = properties.correlation();
        if (correlation != null) {
            add(entries, CORRELATION, new String(correlation, StandardCharsets.UTF_8));
        }
        for (MessageProperties.Header header : properties.headers()) {
            byte[] value = header.value();
            add(
                    entries,
                    header.name(),
                    value == null ? "" : new String(value, StandardCharsets.UTF_8));
        }
        return entries.isEmpty() ? NO_HEADERS : new NatsHeaders(0, "", entries).toBytes();
    }

    private static boolean isNeutral(String name) {
        return name.equals(CONTENT_TYPE) || name.equals(MESSAGE_ID) || name.equals(CORRELATION);
    }

    /**
     * Names and values that a line cannot hold are made harmless: no line end, no colon in a name.
     */
    private static void add(List<NatsHeaders.Entry> entries, String name, @Nullable String value) {
        if (value == null || name.isEmpty()) {
            return;
        }
        entries.add(
                new NatsHeaders.Entry(
                        name.replaceAll("[\r\n: ]", "-"), value.replaceAll("[\r\n]+", " ")));
    }
}
