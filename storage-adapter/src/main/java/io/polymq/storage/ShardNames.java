package io.polymq.storage;

import io.polymq.storage.OrderedStore.Family;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Names in the index in order, read a page at a time, set right by what is known in memory of
 * shards made and deleted since. Of one thread.
 */
final class ShardNames implements Iterator<String> {

    private static final int PAGE = 1_000;

    private final LogIndex index;
    private final LogShards shards;
    private final byte[] end;
    private final TreeSet<String> fresh;
    private final Deque<String> page = new ArrayDeque<>();
    private byte[] from;
    private boolean more = true;

    private ShardNames(LogIndex index, LogShards shards, String prefix) {
        this.index = index;
        this.shards = shards;
        from = RowKeys.of(prefix);
        end = RowKeys.behind(from);
        fresh = shards.names(prefix);
    }

    static Stream<String> stream(LogIndex index, LogShards shards, String prefix) {
        return StreamSupport.stream(
                Spliterators.spliteratorUnknownSize(
                        new ShardNames(index, shards, prefix),
                        Spliterator.ORDERED | Spliterator.DISTINCT | Spliterator.NONNULL),
                false);
    }

    private void fill() {
        while (page.isEmpty() && more) {
            int read = 0;
            try (OrderedStore.Walk walk = index.rows().walk(Family.NAMES, from, end)) {
                boolean there = walk.first();
                while (there && read < PAGE) {
                    byte[] key = walk.key();
                    take(new String(key, StandardCharsets.UTF_8));
                    from = java.util.Arrays.copyOf(key, key.length + 1);
                    read++;
                    there = walk.next();
                }
                more = there;
            }
            if (!more) {
                page.addAll(fresh);
                fresh.clear();
            }
        }
    }

    private void take(String name) {
        while (!fresh.isEmpty() && fresh.first().compareTo(name) < 0) {
            page.add(fresh.removeFirst());
        }
        fresh.remove(name);
        if (!shards.isHidden(name)) {
            page.add(name);
        }
    }

    @Override
    public boolean hasNext() {
        fill();
        return !page.isEmpty();
    }

    @Override
    public String next() {
        fill();
        String name = page.poll();
        if (name == null) {
            throw new NoSuchElementException();
        }
        return name;
    }
}
