package io.polymq.amqp;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the simulation's queues must hold: a list each, in order. Nothing takes time in it. */
final class QueuesModel {

    /** A message in one queue; it is another one in the next. */
    static final class Held {
        final int id;
        final String queue;
        final long place;
        final Map<String, Integer> deaths;
        boolean redelivered;

        Held(int id, String queue, long place, Map<String, Integer> deaths) {
            this.id = id;
            this.queue = queue;
            this.place = place;
            this.deaths = deaths;
        }
    }

    /** Who takes messages by itself; at most one for each queue. */
    static final class Taker {
        final int prefetch;
        final List<Held> expected = new ArrayList<>();
        int holds;

        Taker(int prefetch) {
            this.prefetch = prefetch;
        }
    }

    private static final class Line {
        final String name;
        final @Nullable String deadLetters;
        final boolean expires;
        final int most;
        final List<Held> ready = new ArrayList<>();
        long places;
        @Nullable Taker taker;

        Line(String name, @Nullable String deadLetters, boolean expires, int most) {
            this.name = name;
            this.deadLetters = deadLetters;
            this.expires = expires;
            this.most = most;
        }
    }

    private final Map<String, Line> lines = new LinkedHashMap<>();

    /**
     * @param expires whether what nobody takes dies within milliseconds
     * @param most -1 for no limit
     */
    void queue(String name, @Nullable String deadLetters, boolean expires, int most) {
        lines.put(name, new Line(name, deadLetters, expires, most));
    }

    private Line line(String name) {
        Line found = lines.get(name);
        if (found == null) {
            throw new AssertionError("no queue " + name);
        }
        return found;
    }

    int ready(String queue) {
        return line(queue).ready.size();
    }

    /** Whether one more would be too much. */
    boolean isFull(String queue) {
        return line(queue).most >= 0 && ready(queue) >= line(queue).most;
    }

    List<String> names() {
        return List.copyOf(lines.keySet());
    }

    void publish(String queue, int id) {
        add(line(queue), id, new TreeMap<>());
    }

    private void add(Line line, int id, Map<String, Integer> deaths) {
        line.ready.add(new Held(id, line.name, line.places++, deaths));
        settle(line);
    }

    /** What follows at once: deliveries, expiry, what is too much. */
    private void settle(Line line) {
        Taker taker = line.taker;
        while (taker != null && taker.holds < taker.prefetch && !line.ready.isEmpty()) {
            taker.holds++;
            taker.expected.add(line.ready.removeFirst());
        }
        while (line.most >= 0 && line.ready.size() > line.most) {
            die(line.ready.removeFirst(), "maxlen");
        }
        if (line.expires) {
            List<Held> gone = new ArrayList<>(line.ready);
            line.ready.clear();
            gone.forEach(held -> die(held, "expired"));
        }
    }

    private void die(Held held, String reason) {
        Line from = line(held.queue);
        if (from.deadLetters == null) {
            return;
        }
        Map<String, Integer> deaths = new TreeMap<>(held.deaths);
        deaths.merge(from.name + '/' + reason, 1, Integer::sum);
        boolean rejected = deaths.keySet().stream().anyMatch(key -> key.endsWith("/rejected"));
        boolean been =
                deaths.keySet().stream().anyMatch(key -> key.startsWith(from.deadLetters + '/'));
        if (!reason.equals("rejected") && !rejected && been) {
            return;
        }
        add(line(from.deadLetters), held.id, deaths);
    }

    @Nullable Held get(String queue) {
        Line line = line(queue);
        return line.ready.isEmpty() ? null : line.ready.removeFirst();
    }

    /** Back to their places. */
    void giveBack(List<Held> some) {
        for (Held held : some) {
            held.redelivered = true;
            line(held.queue).ready.add(held);
        }
        for (Line line : lines.values()) {
            line.ready.sort(Comparator.comparingLong(held -> held.place));
        }
        for (Held held : some) {
            settle(line(held.queue));
        }
    }

    void reject(Held held) {
        die(held, "rejected");
    }

    /** A taker's message is settled, whatever way. */
    void settled(Held held, Taker by) {
        by.holds--;
        settle(line(held.queue));
    }

    @Nullable Taker taker(String queue) {
        return line(queue).taker;
    }

    Taker consume(String queue, int prefetch) {
        Taker taker = new Taker(prefetch);
        line(queue).taker = taker;
        settle(line(queue));
        return taker;
    }

    void cancel(String queue) {
        line(queue).taker = null;
    }

    int purge(String queue) {
        int purged = line(queue).ready.size();
        line(queue).ready.clear();
        return purged;
    }
}
