package io.polymq.amqp.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One binding for each hash of the routing key, of a header, or of a property; a binding's key is
 * its weight. Equal values go to the same destination as long as the bindings stay, and most of
 * them when bindings come and go at the end.
 */
final class HashMatcher implements Matcher {

    private static final int MAX_WEIGHT = 10_000;

    private final @Nullable String header;
    private final @Nullable String property;
    private volatile List<Bound> buckets = List.of();

    HashMatcher(Arguments arguments) {
        header = arguments.text("hash-header");
        property = arguments.text("hash-property");
    }

    /** Null when the key can be a weight. */
    static @Nullable String fault(String key) {
        try {
            int weight = Integer.parseInt(key);
            return weight >= 0 && weight <= MAX_WEIGHT
                    ? null
                    : "The binding key must be between 0 and " + MAX_WEIGHT + ": " + key;
        } catch (NumberFormatException e) {
            return "The binding key must be an integer: <<\"" + key + "\">>";
        }
    }

    @Override
    public void add(Bound bound) {
        List<Bound> more = new ArrayList<>(buckets);
        int weight = Integer.parseInt(bound.binding().key());
        for (int i = 0; i < weight; i++) {
            more.add(bound);
        }
        buckets = List.copyOf(more);
    }

    @Override
    public void remove(Bound bound) {
        buckets = buckets.stream().filter(known -> known != bound).toList();
    }

    @Override
    public boolean isPerMessage() {
        return header != null || property != null;
    }

    @Override
    public void match(String key, Envelope message, Consumer<Destination> found) {
        List<Bound> all = buckets;
        if (!all.isEmpty()) {
            long hash = mix(valueOf(key, message).hashCode());
            found.accept(all.get(bucket(hash, all.size())).target());
        }
    }

    private String valueOf(String key, Envelope message) {
        if (header != null) {
            return String.valueOf(message.headers().get(header));
        }
        if (property != null) {
            return String.valueOf(
                    message.codec()
                            .format()
                            .property(
                                    property,
                                    message.bytes(),
                                    message.ownOffset(),
                                    message.ownLength()));
        }
        return key;
    }

    private static long mix(long hash) {
        long mixed = (hash ^ hash >>> 16) * 0x9E3779B97F4A7C15L;
        return mixed ^ mixed >>> 32;
    }

    /** The jump hash of Lamping and Veach: growing moves as few values as can be. */
    private static int bucket(long hash, int count) {
        long seed = hash;
        long last = -1;
        long next = 0;
        while (next < count) {
            last = next;
            seed = seed * 2_862_933_555_777_941_757L + 1;
            next = (long) ((last + 1) * ((double) (1L << 31) / ((seed >>> 33) + 1)));
        }
        return (int) last;
    }
}
