package io.polymq.mq9;

import io.polymq.codec.nats.NatsHeaders;
import io.polymq.core.message.HeaderCodec;
import io.polymq.core.message.MessageProperties;
import io.polymq.core.message.MessageProperties.Header;
import io.polymq.core.message.MessageRecords;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sender's NATS header block, kept byte for byte, in neutral terms: priority, key and time to
 * live become what every protocol knows. The flags are the seconds by which the mail was delayed,
 * since its time to live counts from when it was sent. Shared, stateless.
 */
final class Mq9HeaderCodec implements HeaderCodec {

    static final Mq9HeaderCodec INSTANCE = new Mq9HeaderCodec();

    static final String PRIORITY = "mq9-priority";
    static final String KEY = "mq9-key";
    static final String DELAY = "mq9-delay";
    static final String TTL = "mq9-ttl";
    static final String TAGS = "mq9-tags";

    private static final String CONTENT_TYPE = "Content-Type";
    private static final String MESSAGE_ID = "Nats-Msg-Id";
    private static final String CORRELATION = "Correlation-Id";
    private static final String REPLY_TO = "mq9-reply-to";

    private Mq9HeaderCodec() {}

    @Override
    public String protocol() {
        return "mq9";
    }

    @Override
    public MessageProperties decode(byte[] header, int offset, int length, int flags) {
        NatsHeaders block = length == 0 ? null : NatsHeaders.parse(header, offset, length);
        if (block == null) {
            return MessageProperties.NONE;
        }
        List<Header> headers = new ArrayList<>(block.entries().size());
        for (NatsHeaders.Entry entry : block.entries()) {
            byte[] value = entry.value().getBytes(StandardCharsets.UTF_8);
            headers.add(
                    new Header(
                            entry.name().equals(KEY) ? MessageRecords.KEY : entry.name(), value));
        }
        String correlation = block.first(CORRELATION);
        return new MessageProperties(
                block.first(CONTENT_TYPE),
                correlation == null ? null : correlation.getBytes(StandardCharsets.UTF_8),
                block.first(REPLY_TO) == null ? null : replyTo(block),
                block.first(MESSAGE_ID),
                -1,
                -1,
                Priority.ofWord(block.first(PRIORITY)).neutral(),
                true,
                headers);
    }

    /** A block that says what the neutral properties say; empty when they say nothing. */
    static byte[] encode(MessageProperties properties) {
        List<NatsHeaders.Entry> entries = new ArrayList<>();
        add(entries, CONTENT_TYPE, properties.contentType());
        add(entries, MESSAGE_ID, properties.messageId());
        byte[] correlation = properties.correlation();
        if (correlation != null) {
            add(entries, CORRELATION, new String(correlation, StandardCharsets.UTF_8));
        }
        String replyTo = properties.replyTo();
        if (replyTo != null && replyTo.startsWith(MailAddress.topic(""))) {
            add(entries, REPLY_TO, replyTo.substring(MailAddress.topic("").length()));
        }
        for (Header header : properties.headers()) {
            byte[] value = header.value();
            add(
                    entries,
                    header.name().equals(MessageRecords.KEY) ? KEY : header.name(),
                    value == null ? "" : new String(value, StandardCharsets.UTF_8));
        }
        return entries.isEmpty() ? new byte[0] : new NatsHeaders(0, "", entries).toBytes();
    }

    /** Names and values that a line cannot hold are made harmless. */
    private static void add(List<NatsHeaders.Entry> entries, String name, @Nullable String value) {
        if (value != null && !name.isEmpty()) {
            entries.add(
                    new NatsHeaders.Entry(
                            name.replaceAll("[\r\n: ]", "-"), value.replaceAll("[\r\n]+", " ")));
        }
    }

    private static @Nullable String replyTo(NatsHeaders block) {
        try {
            return MailAddress.topic(MailAddress.check(String.valueOf(block.first(REPLY_TO))));
        } catch (Mq9Exception noAddress) {
            return null;
        }
    }

    @Override
    public long expiresAt(byte[] header, int offset, int length, int flags, long publishedAt) {
        NatsHeaders block = length == 0 ? null : NatsHeaders.parse(header, offset, length);
        String text = block == null ? null : block.first(TTL);
        long ttl = text == null ? -1 : SendOptions.seconds(text);
        return ttl <= 0 ? -1 : publishedAt + (ttl - flags) * 1000;
    }

    @Override
    public int priority(byte[] header, int offset, int length, int flags) {
        NatsHeaders block = length == 0 ? null : NatsHeaders.parse(header, offset, length);
        return block == null ? -1 : Priority.ofWord(block.first(PRIORITY)).neutral();
    }
}
