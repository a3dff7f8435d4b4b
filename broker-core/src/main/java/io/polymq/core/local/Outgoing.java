package io.polymq.core.local;

import io.polymq.core.message.MessageProperties;
import io.polymq.core.message.MessageProperties.Header;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A message to be published.
 *
 * @param subject in dotted spelling
 * @param payload not copied: not to be changed until the publish has ended
 */
public record Outgoing(String subject, byte[] payload, MessageProperties properties) {

    public static Outgoing of(String subject, byte[] payload) {
        return new Outgoing(subject, payload, MessageProperties.NONE);
    }

    public static Outgoing of(String subject, String text) {
        return of(subject, text.getBytes(StandardCharsets.UTF_8));
    }

    /** One more user header, behind those that it has. */
    public Outgoing withHeader(String name, String value) {
        List<Header> headers = new ArrayList<>(properties.headers());
        headers.add(new Header(name, value.getBytes(StandardCharsets.UTF_8)));
        MessageProperties p = properties;
        return new Outgoing(
                subject,
                payload,
                new MessageProperties(
                        p.contentType(),
                        p.correlation(),
                        p.replyTo(),
                        p.messageId(),
                        p.timestamp(),
                        p.expiresAt(),
                        p.priority(),
                        p.durable(),
                        headers));
    }

    public Outgoing withProperties(MessageProperties all) {
        return new Outgoing(subject, payload, all);
    }
}
