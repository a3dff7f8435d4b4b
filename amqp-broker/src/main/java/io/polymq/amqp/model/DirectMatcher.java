package io.polymq.amqp.model;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The routing key is the binding's key. */
final class DirectMatcher implements Matcher {

    private final ConcurrentHashMap<String, List<Bound>> byKey = new ConcurrentHashMap<>();

    @Override
    public void add(Bound bound) {
        byKey.merge(
                bound.binding().key(),
                List.of(bound),
                (old, more) -> Stream.concat(old.stream(), more.stream()).toList());
    }

    @Override
    public void remove(Bound bound) {
        byKey.computeIfPresent(
                bound.binding().key(),
                (key, old) -> {
                    List<Bound> left = old.stream().filter(known -> known != bound).toList();
                    return left.isEmpty() ? null : left;
                });
    }

    @Override
    public void match(String key, Envelope message, Consumer<Destination> found) {
        List<Bound> known = byKey.get(key);
        if (known != null) {
            for (Bound bound : known) {
                found.accept(bound.target());
            }
        }
    }
}
