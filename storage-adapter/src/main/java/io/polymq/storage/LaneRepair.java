package io.polymq.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * After a failed force: carries the blocks that were written but not forced from the file, whose
 * pages can no longer be trusted to reach the device, into a new segment. They are read back and
 * checked first, so what was acknowledged as written stays readable.
 *
 * @param begin where the first of them stands in the old segment
 * @param blocks their bytes
 * @param rounds what they mean to the index
 * @param places where each will stand in the new segment
 */
record LaneRepair(
        Segment old,
        long begin,
        List<ByteBuffer> blocks,
        List<LaneRound> rounds,
        List<Long> places) {

    static LaneRepair read(Segment old, List<LaneRound> rounds, long durableLsn, long end)
            throws IOException {
        List<LaneRound> kept = new ArrayList<>();
        List<ByteBuffer> blocks = new ArrayList<>();
        long begin = end;
        for (LaneRound round : rounds) {
            if (round.lsn > durableLsn) {
                begin = Math.min(begin, round.position);
                ByteBuffer block = ByteBuffer.allocate((int) (round.end - round.position));
                old.file().readFully(block, round.position);
                if (!LaneFormat.isBlock(block, 0, block.limit(), old.id())) {
                    throw new IOException(
                            "the block at "
                                    + round.position
                                    + " of "
                                    + old.path()
                                    + " does not read back as it was written");
                }
                kept.add(round);
                blocks.add(block.clear());
            }
        }
        return new LaneRepair(old, begin, blocks, kept, new ArrayList<>());
    }

    /** Writes the blocks with new numbers; where they end. */
    long copyTo(Segment next, long at, long firstLsn) throws IOException {
        long position = at;
        long lsn = firstLsn;
        places.clear();
        for (ByteBuffer block : blocks) {
            block.clear();
            block.putLong(LaneFormat.BLOCK_LSN, lsn++);
            block.putLong(LaneFormat.BLOCK_DURABLE_LSN, firstLsn - 2);
            block.putLong(LaneFormat.BLOCK_SEGMENT, next.id());
            block.putInt(
                    LaneFormat.BLOCK_CRC,
                    LaneFormat.checksum(block, LaneFormat.BLOCK_ENTRIES, block.limit()));
            next.file().write(block.duplicate(), position);
            places.add(position);
            position += block.limit();
        }
        return position;
    }

    /**
     * The last parts of atomic appends that the lane had before these blocks. The new segment's
     * list must not say more, for it can be there without them.
     */
    Map<Integer, Long> partsBefore(Map<Integer, Long> parts) {
        Map<Integer, Long> before = new TreeMap<>(parts);
        for (LaneRound round : rounds) {
            for (IndexEvent event : round.events) {
                if (event instanceof IndexEvent.PartTaken(int coordinator, long sequence)) {
                    before.merge(coordinator, sequence - 1, Math::min);
                }
            }
        }
        return before;
    }

    /** The rounds as they stand in the new segment; readers of their batches follow. */
    List<LaneRound> relocated(Segment next) {
        List<LaneRound> moved = new ArrayList<>();
        for (int i = 0; i < rounds.size(); i++) {
            LaneRound round = rounds.get(i);
            long shift = places.get(i) - round.position;
            LaneRound copy = new LaneRound(next);
            copy.events.addAll(round.events);
            copy.requests.addAll(round.requests);
            copy.afterApply.addAll(round.afterApply);
            copy.ended = true;
            copy.lsn = blocks.get(i).getLong(LaneFormat.BLOCK_LSN);
            copy.position = places.get(i);
            copy.end = places.get(i) + blocks.get(i).limit();
            for (IndexEvent event : round.events) {
                if (event instanceof BatchRef ref) {
                    relocate(ref, next, ref.position + shift);
                }
            }
            moved.add(copy);
        }
        return moved;
    }

    private static void relocate(BatchRef ref, Segment next, long position) {
        if (ref.owner == null) {
            // of a shard that nobody uses: only the index will read it, after the lane's next step
            ref.segment = next;
            ref.position = position;
        } else {
            ref.owner.relocate(ref, next, position);
        }
    }
}
