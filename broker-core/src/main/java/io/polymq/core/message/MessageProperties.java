package io.polymq.core.message;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What every protocol can say of a message, in neutral terms. {@code docs/cross-protocol.md} has
 * each protocol's words.
 *
 * @param contentType a MIME type
 * @param correlation the requester's token
 * @param replyTo the subject for answers, in dotted spelling
 * @param messageId the publisher's identifier
 * @param timestamp the publisher's time in milliseconds since 1970, -1 when it gave none
 * @param expiresAt when it ends to be of use, in milliseconds since 1970, -1 for never
 * @param priority 0 to 255, -1 when it gave none
 * @param durable whether the publisher wants it to survive a restart
 * @param headers user headers in order, duplicates kept
 */
public record MessageProperties(
        @Nullable String contentType,
        byte @Nullable [] correlation,
        @Nullable String replyTo,
        @Nullable String messageId,
        long timestamp,
        long expiresAt,
        int priority,
        boolean durable,
        List<Header> headers) {

    public static final MessageProperties NONE =
            new MessageProperties(null, null, null, null, -1, -1, -1, false, List.of());

    public MessageProperties withReplyTo(String subject) {
        return new MessageProperties(
                contentType,
                correlation,
                subject,
                messageId,
                timestamp,
                expiresAt,
                priority,
                durable,
                headers);
    }

    /**
     * A user header; the value is bytes, UTF-8 where it is text, null where a protocol allows that.
     */
    public record Header(String name, byte @Nullable [] value) {}
}
