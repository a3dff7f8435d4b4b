package io.polymq.storage;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;

/**
 * How far the index has followed a lane.
 *
 * @param nextLsn the first block that it has not seen
 * @param segment where that block will stand
 * @param position and at which byte
 * @param intentSequence the lane's last intent
 * @param parts for each coordinating lane, the last of its intents whose part is in this lane
 */
record LanePosition(
        long nextLsn, long segment, long position, long intentSequence, Map<Integer, Long> parts) {

    /** Before the first block of a segment. */
    static LanePosition at(long nextLsn, long segment) {
        return new LanePosition(nextLsn, segment, LaneFormat.SEGMENT_HEADER, 0, Map.of());
    }

    byte[] encode() {
        ByteBuffer to = ByteBuffer.allocate(36 + parts.size() * 12);
        to.putLong(nextLsn).putLong(segment).putLong(position).putLong(intentSequence);
        to.putInt(parts.size());
        new TreeMap<>(parts).forEach((lane, sequence) -> to.putInt(lane).putLong(sequence));
        return to.array();
    }

    static LanePosition decode(ByteBuffer from) {
        long nextLsn = from.getLong();
        long segment = from.getLong();
        long position = from.getLong();
        long intents = from.getLong();
        Map<Integer, Long> parts = new TreeMap<>();
        for (int i = from.getInt(); i > 0; i--) {
            parts.put(from.getInt(), from.getLong());
        }
        return new LanePosition(nextLsn, segment, position, intents, parts);
    }
}
