package io.polymq.storage;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Rows in memory. A walk sees later changes, which its users allow for: rows that readers need are
 * not removed before the shard's start moved past them.
 */
final class SortedMemory implements OrderedStore {

    private static final int ROW_OVERHEAD = 64;

    private final List<NavigableMap<byte[], byte[]>> families = new ArrayList<>();
    private final AtomicLong bytes = new AtomicLong();

    SortedMemory() {
        for (int i = 0; i < Family.values().length; i++) {
            families.add(new ConcurrentSkipListMap<>(Arrays::compareUnsigned));
        }
    }

    /** The rows as they are now, on their own. */
    SortedMemory copy() {
        SortedMemory copy = new SortedMemory();
        for (int i = 0; i < families.size(); i++) {
            copy.families.get(i).putAll(families.get(i));
        }
        copy.bytes.set(bytes.get());
        return copy;
    }

    private NavigableMap<byte[], byte[]> rows(Family family) {
        return families.get(family.ordinal());
    }

    @Override
    public byte @Nullable [] get(Family family, byte[] key) {
        return rows(family).get(key);
    }

    @Override
    public Walk walk(Family family, byte[] from, byte[] to) {
        return new MapWalk(rows(family).subMap(from, true, to, false), from, to);
    }

    @Override
    public Changes changes() {
        return new Pending();
    }

    @Override
    public void apply(Changes changes, boolean force) {
        ((Pending) changes).steps.forEach(Runnable::run);
    }

    @Override
    public void flush() {
        // memory is all there is
    }

    @Override
    public void checkpoint(Path folder) {
        throw new UnsupportedOperationException("what is in memory only cannot be backed up");
    }

    @Override
    public long bytes() {
        return bytes.get();
    }

    @Override
    public void close() {
        families.forEach(Map::clear);
    }

    private final class Pending implements Changes {
        private final List<Runnable> steps = new ArrayList<>();

        @Override
        public void put(Family family, byte[] key, byte[] value) {
            steps.add(
                    () -> {
                        byte[] old = rows(family).put(key, value);
                        bytes.addAndGet(
                                value.length
                                        - (old == null
                                                ? -(ROW_OVERHEAD + key.length)
                                                : old.length));
                    });
        }

        @Override
        public void delete(Family family, byte[] key) {
            steps.add(
                    () -> {
                        byte[] old = rows(family).remove(key);
                        if (old != null) {
                            bytes.addAndGet(-old.length - key.length - ROW_OVERHEAD);
                        }
                    });
        }

        @Override
        public void deleteRange(Family family, byte[] from, byte[] to) {
            steps.add(
                    () -> {
                        var gone = rows(family).subMap(from, true, to, false);
                        for (Map.Entry<byte[], byte[]> row : gone.entrySet()) {
                            bytes.addAndGet(
                                    -row.getValue().length - row.getKey().length - ROW_OVERHEAD);
                        }
                        gone.clear();
                    });
        }

        @Override
        public boolean isEmpty() {
            return steps.isEmpty();
        }

        @Override
        public void close() {
            steps.clear();
        }
    }

    private static final class MapWalk implements Walk {
        private final NavigableMap<byte[], byte[]> rows;
        private final byte[] from;
        private final byte[] to;
        private Map.@Nullable Entry<byte[], byte[]> at;

        MapWalk(NavigableMap<byte[], byte[]> rows, byte[] from, byte[] to) {
            this.rows = rows;
            this.from = from;
            this.to = to;
        }

        private boolean stand(Map.@Nullable Entry<byte[], byte[]> row) {
            at = row;
            return row != null;
        }

        private Map.Entry<byte[], byte[]> row() {
            if (at == null) {
                throw new IllegalStateException("the walk stands nowhere");
            }
            return at;
        }

        @Override
        public boolean ceiling(byte[] key) {
            return Arrays.compareUnsigned(key, from) < 0
                    ? first()
                    : Arrays.compareUnsigned(key, to) < 0 && stand(rows.ceilingEntry(key));
        }

        @Override
        public boolean floor(byte[] key) {
            return Arrays.compareUnsigned(key, to) >= 0
                    ? last()
                    : Arrays.compareUnsigned(key, from) >= 0 && stand(rows.floorEntry(key));
        }

        @Override
        public boolean first() {
            return stand(rows.firstEntry());
        }

        @Override
        public boolean last() {
            return stand(rows.lastEntry());
        }

        @Override
        public boolean next() {
            return stand(rows.higherEntry(row().getKey()));
        }

        @Override
        public boolean previous() {
            return stand(rows.lowerEntry(row().getKey()));
        }

        @Override
        public byte[] key() {
            return row().getKey();
        }

        @Override
        public byte[] value() {
            return row().getValue();
        }

        @Override
        public void close() {
            at = null;
        }
    }
}
