package io.polymq.storage;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Appends to several shards at once. In one lane they are one block, which is there or not. Over
 * several lanes the lowest one coordinates: it takes an intent that holds the parts for the others,
 * in the same block as its own parts, forced. Then each other lane takes its part, marked with the
 * intent's sequence. Parts of a coordinator reach a lane in the order of their intents, so the last
 * sequence tells which are there; recovery writes those that are not.
 */
final class AtomicAppends {

    private static final LaneRequests.Parts.Tie NO_TIE =
            new LaneRequests.Parts.Tie() {
                @Override
                public boolean begin(LaneWriter lane, LaneBlock block) {
                    return true;
                }

                @Override
                public boolean survives() {
                    return false;
                }
            };

    private final LogStore store;

    AtomicAppends(LogStore store) {
        this.store = store;
    }

    CompletableFuture<List<Appended>> append(
            List<ShardAppend> appends, Durability durability, long now) {
        CompletableFuture<List<Appended>> result = new CompletableFuture<>();
        TreeMap<Integer, Group> groups = new TreeMap<>();
        for (int i = 0; i < appends.size(); i++) {
            LogShard shard = (LogShard) appends.get(i).shard();
            groups.computeIfAbsent(shard.lane.id, lane -> new Group(shard.lane))
                    .add(i, shard, appends.get(i).batches());
        }
        Places places = new Places(now, result);
        Group first = groups.pollFirstEntry().getValue();
        if (groups.isEmpty()) {
            first.lane.submit(
                    new LaneRequests.Parts(
                            first.shards,
                            first.batches,
                            durability,
                            NO_TIE,
                            (bases, nexts, failure) -> {
                                if (failure == null) {
                                    places.put(first, bases, nexts);
                                    places.done();
                                } else {
                                    result.completeExceptionally(failure);
                                }
                            }));
        } else {
            coordinate(first, List.copyOf(groups.values()), places);
        }
        return result;
    }

    /** What goes to one lane. */
    private static final class Group {
        final LaneWriter lane;
        final List<Integer> order = new ArrayList<>();
        final List<LogShard> shards = new ArrayList<>();
        final List<ByteBuffer> batches = new ArrayList<>();

        Group(LaneWriter lane) {
            this.lane = lane;
        }

        void add(int i, LogShard shard, ByteBuffer part) {
            order.add(i);
            shards.add(shard);
            batches.add(part);
        }
    }

    /** Where the parts went, in the caller's order. */
    private record Places(
            NavigableMap<Integer, Appended> found,
            long now,
            CompletableFuture<List<Appended>> result) {
        Places(long now, CompletableFuture<List<Appended>> result) {
            this(new ConcurrentSkipListMap<>(), now, result);
        }

        void put(Group group, long[] bases, long[] nexts) {
            for (int i = 0; i < bases.length; i++) {
                found.put(group.order.get(i), new Appended(bases[i], nexts[i], now));
            }
        }

        void done() {
            result.complete(List.copyOf(found.values()));
        }
    }

    private void coordinate(Group first, List<Group> others, Places places) {
        IntentTie intent = new IntentTie(encode(others));
        first.lane.submit(
                new LaneRequests.Parts(
                        first.shards,
                        first.batches,
                        Durability.SYNC,
                        intent,
                        new LaneRequests.Parts.Ended() {
                            @Override
                            public void ended(
                                    long[] bases,
                                    long[] nexts,
                                    @Nullable StorageException failure) {
                                if (failure != null) {
                                    places.result.completeExceptionally(failure);
                                    return;
                                }
                                places.put(first, bases, nexts);
                                spread(first.lane.id, intent.sequence, others, places);
                            }

                            /**
                             * The intent stands, and later ones would hide that its parts do not.
                             */
                            @Override
                            public void survived() {
                                spread(first.lane.id, intent.sequence, others, places);
                            }
                        }));
    }

    private void spread(int coordinator, long sequence, List<Group> others, Places places) {
        AtomicInteger left = new AtomicInteger(others.size());
        for (Group group : others) {
            group.lane.submit(
                    new LaneRequests.Parts(
                            group.shards,
                            group.batches,
                            Durability.SYNC,
                            new PartTie(coordinator, sequence),
                            (bases, nexts, failure) -> {
                                if (failure != null) {
                                    places.result.completeExceptionally(failure);
                                    return;
                                }
                                places.put(group, bases, nexts);
                                if (left.decrementAndGet() == 0) {
                                    store.intentDone(coordinator, sequence);
                                    places.done();
                                }
                            }));
        }
    }

    private static byte[] encode(List<Group> groups) {
        int size = 0;
        for (Group group : groups) {
            for (ByteBuffer part : group.batches) {
                size = Math.addExact(size, 16 + part.remaining());
            }
        }
        ByteBuffer body = ByteBuffer.allocate(size);
        for (Group group : groups) {
            for (int i = 0; i < group.shards.size(); i++) {
                ByteBuffer part = group.batches.get(i);
                body.putInt(group.lane.id).putLong(group.shards.get(i).id());
                body.putInt(part.remaining()).put(part.duplicate());
            }
        }
        return body.array();
    }

    /** The coordinator's note of what the other lanes are to take. */
    private static final class IntentTie implements LaneRequests.Parts.Tie {
        private final byte[] body;
        private volatile long sequence;

        IntentTie(byte[] body) {
            this.body = body;
        }

        @Override
        public boolean begin(LaneWriter lane, LaneBlock block) {
            sequence = lane.nextIntent();
            lane.intentTaken(sequence);
            block.beginEntry(LaneFormat.INTENT, 0, 8 + body.length);
            block.putLong(sequence).put(body).endEntry();
            byte[] whole = ByteBuffer.allocate(8 + body.length).putLong(sequence).put(body).array();
            lane.event(new IndexEvent.Intended(sequence, whole));
            return true;
        }

        @Override
        public boolean survives() {
            return false;
        }
    }

    /** A lane's note that it has taken its part. */
    private static final class PartTie implements LaneRequests.Parts.Tie {
        private final int coordinator;
        private final long sequence;
        private long before = -1;

        PartTie(int coordinator, long sequence) {
            this.coordinator = coordinator;
            this.sequence = sequence;
        }

        @Override
        public boolean begin(LaneWriter lane, LaneBlock block) {
            before = lane.lastPart(coordinator);
            if (before >= sequence) {
                return false;
            }
            lane.partTaken(coordinator, sequence);
            block.beginEntry(LaneFormat.PART, 0, 12).putInt(coordinator).putLong(sequence);
            block.endEntry();
            lane.event(new IndexEvent.PartTaken(coordinator, sequence));
            return true;
        }

        @Override
        public void takeBack(LaneWriter lane) {
            lane.partTaken(coordinator, before);
        }

        @Override
        public boolean survives() {
            return true;
        }
    }

    /**
     * After recovery: writes the parts of a lane's intents that their lanes do not have. Blocks.
     *
     * @param intents of the coordinator, by sequence, in order
     */
    void finish(int coordinator, Map<Long, byte[]> intents) {
        intents.forEach(
                (sequence, body) -> {
                    Map<Integer, Group> groups = decode(body);
                    CompletableFuture<List<Appended>> result = new CompletableFuture<>();
                    if (!groups.isEmpty()) {
                        Places places = new Places(0, result);
                        AtomicInteger left = new AtomicInteger(groups.size());
                        for (Group group : groups.values()) {
                            group.lane.submit(
                                    new LaneRequests.Parts(
                                            group.shards,
                                            group.batches,
                                            Durability.SYNC,
                                            new PartTie(coordinator, sequence),
                                            (bases, nexts, failure) -> {
                                                if (failure != null) {
                                                    result.completeExceptionally(failure);
                                                } else if (left.decrementAndGet() == 0) {
                                                    places.done();
                                                }
                                            }));
                        }
                        result.join();
                    }
                    store.intentDone(coordinator, sequence);
                });
    }

    private Map<Integer, Group> decode(byte[] whole) {
        Map<Integer, Group> groups = new TreeMap<>();
        ByteBuffer body = ByteBuffer.wrap(whole).position(8);
        while (body.hasRemaining()) {
            int lane = body.getInt();
            long id = body.getLong();
            int length = body.getInt();
            ByteBuffer batches = body.slice(body.position(), length);
            body.position(body.position() + length);
            LaneWriter writer = store.lane(lane);
            LogShard shard = store.shard(id);
            if (writer != null && shard != null) {
                Group group = groups.computeIfAbsent(lane, absent -> new Group(writer));
                group.add(group.order.size(), shard, batches);
            } else if (writer != null) {
                groups.computeIfAbsent(lane, absent -> new Group(writer));
            }
        }
        return groups;
    }
}
