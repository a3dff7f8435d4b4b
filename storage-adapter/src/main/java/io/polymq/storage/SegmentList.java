package io.polymq.storage;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What the first block of each segment says about its lane.
 *
 * @param segments the older segments that exist, each with the number of its last block
 * @param nextShard no shard has this id or a higher one
 * @param intentSequence the last atomic append over several lanes that this lane coordinated
 * @param parts for each coordinating lane, the last of its intents whose part is in this lane
 */
record SegmentList(
        NavigableMap<Long, Long> segments,
        long nextShard,
        long intentSequence,
        Map<Integer, Long> parts) {

    SegmentList {
        segments = Collections.unmodifiableNavigableMap(new TreeMap<>(segments));
        parts = Map.copyOf(parts);
    }

    byte[] encode() {
        ByteBuffer to = ByteBuffer.allocate(24 + segments.size() * 16 + parts.size() * 12);
        to.putLong(nextShard).putLong(intentSequence).putInt(parts.size());
        new TreeMap<>(parts).forEach((lane, sequence) -> to.putInt(lane).putLong(sequence));
        to.putInt(segments.size());
        segments.forEach((id, lastLsn) -> to.putLong(id).putLong(lastLsn));
        return to.array();
    }

    static SegmentList decode(ByteBuffer from) {
        long nextShard = from.getLong();
        long intentSequence = from.getLong();
        Map<Integer, Long> parts = new TreeMap<>();
        for (int i = from.getInt(); i > 0; i--) {
            parts.put(from.getInt(), from.getLong());
        }
        NavigableMap<Long, Long> segments = new TreeMap<>();
        for (int i = from.getInt(); i > 0; i--) {
            segments.put(from.getLong(), from.getLong());
        }
        return new SegmentList(segments, nextShard, intentSequence, parts);
    }
}
