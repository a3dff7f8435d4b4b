package io.polymq.amqp.model;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Every binding, whatever its key. */
final class FanoutMatcher implements Matcher {

    private final List<Bound> all = new CopyOnWriteArrayList<>();

    @Override
    public void add(Bound bound) {
        all.add(bound);
    }

    @Override
    public void remove(Bound bound) {
        all.remove(bound);
    }

    @Override
    public void match(String key, Envelope message, Consumer<Destination> found) {
        for (Bound bound : all) {
            found.accept(bound.target());
        }
    }
}
