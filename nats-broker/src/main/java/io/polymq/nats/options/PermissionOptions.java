package io.polymq.nats.options;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a user may publish and subscribe to; a list that is null allows everything that is not
 * denied. Entries for subscribing may be {@code subject queue}. Immutable.
 *
 * @param responses how often and how long the reply subject of a delivered message may be answered;
 *     null opens none
 */
public record PermissionOptions(
        @Nullable List<String> publishAllow,
        List<String> publishDeny,
        @Nullable List<String> subscribeAllow,
        List<String> subscribeDeny,
        @Nullable ResponseOptions responses) {

    /** How many answers, within what time; negative is without bound. */
    public record ResponseOptions(int max, Duration expires) {
        public static final ResponseOptions DEFAULT = new ResponseOptions(1, Duration.ofMinutes(2));
    }
}
