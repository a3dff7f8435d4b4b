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
        String correlation = block.first("Correlation-Id");
        return new MessageProperties(
                block.first("Content-Type"),
                correlation == null ? null : correlation.getBytes(StandardCharsets.UTF_8),
                block.first("mq9-reply-to") == null ? null : replyTo(block),
                block.first("Nats-Msg-Id"),
                -1,
                -1,
                Priority.ofWord(block.first(PRIORITY)).neutral(),
                true,
                headers);
    }

    private static @Nullable String replyTo(NatsHeaders block) {
        try {
            return MailAddress.topic(
                    MailAddress.check(String.valueOf(block.first("mq9-reply-to"))));
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
