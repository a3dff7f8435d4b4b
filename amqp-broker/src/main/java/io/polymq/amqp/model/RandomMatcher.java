package io.polymq.amqp.model;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** One binding by chance. */
final class RandomMatcher implements Matcher {

    private final List<Bound> all = new CopyOnWriteArrayList<>();
    private final RandomGenerator random;

    RandomMatcher(RandomGenerator random) {
        this.random = random;
    }

    @Override
    public void add(Bound bound) {
        all.add(bound);
    }

    @Override
    public void remove(Bound bound) {
        all.remove(bound);
    }

    @Override
    public boolean isPerMessage() {
        return true;
    }

    @Override
    public void match(String key, Envelope message, Consumer<Destination> found) {
        Bound[] now = all.toArray(new Bound[0]);
        if (now.length > 0) {
            found.accept(now[random.nextInt(now.length)].target());
        }
    }
}
