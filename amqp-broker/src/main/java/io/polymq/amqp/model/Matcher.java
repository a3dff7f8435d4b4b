package io.polymq.amqp.model;

import java.util.function.Consumer;

/**
 * An exchange's way of choosing among its bindings. Changed under the host's lock, read by any
 * thread without one.
 */
interface Matcher {

    void add(Bound bound);

    void remove(Bound bound);

    /** Every destination that gets the message; one may come several times. */
    void match(String key, Envelope message, Consumer<Destination> found);

    /** Whether the answer depends on more than the routing key. */
    default boolean isPerMessage() {
        return false;
    }

    static Matcher of(
            ExchangeType type, Arguments arguments, java.util.random.RandomGenerator random) {
        return switch (type) {
            case DIRECT -> new DirectMatcher();
            case FANOUT, RECENT_HISTORY -> new FanoutMatcher();
            case TOPIC -> new TopicMatcher(random.nextLong());
            case HEADERS -> new HeadersMatcher();
            case CONSISTENT_HASH -> new HashMatcher(arguments);
            case RANDOM, LOCAL_RANDOM -> new RandomMatcher(random);
            case DELAYED_MESSAGE -> {
                String word = arguments.text("x-delayed-type");
                ExchangeType inner = word == null ? null : ExchangeType.of(word);
                yield of(inner == null ? ExchangeType.DIRECT : inner, arguments, random);
            }
        };
    }
}
