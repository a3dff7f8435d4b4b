package io.polymq.amqp.v1.message;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What stands in front of a message's body, read. Immutable by agreement.
 *
 * @param annotations message annotations by the text of their keys, in their order
 */
public record Sections(
        Header header,
        Map<String, @Nullable Object> annotations,
        Properties properties,
        Map<String, @Nullable Object> applicationProperties) {

    public static final Sections NONE =
            new Sections(Header.NONE, Map.of(), Properties.NONE, Map.of());
}
