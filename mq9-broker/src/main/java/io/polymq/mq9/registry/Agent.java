package io.polymq.mq9.registry;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An agent as it registered itself. Immutable.
 *
 * @param owner the user who registered it
 * @param info what it was registered with: a free text, or the whole card
 * @param mailbox where it takes mail, null when it did not say
 * @param ttlSeconds how long after its last sign of life it is forgotten, 0 for never, -1 for as
 *     long as the broker says
 * @param words what can be searched
 */
public record Agent(
        String tenant,
        String name,
        String owner,
        String info,
        @Nullable String mailbox,
        long ttlSeconds,
        String description,
        List<Weighted> words) {

    public Agent {
        words = List.copyOf(words);
    }

    String key() {
        return tenant + '/' + name;
    }
}
