package io.polymq.storage;

import io.polymq.storage.StorageException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Takes blocks apart into what they mean to the index. Stateless. */
record LaneReplay(Segment segment) {

    /**
     * @param block a whole block, checked, from 0 to its limit
     * @param position where it stands in the segment
     */
    List<IndexEvent> events(ByteBuffer block, long position) {
        List<IndexEvent> events = new ArrayList<>();
        int at = LaneFormat.BLOCK_HEADER;
        for (int i = block.getInt(LaneFormat.BLOCK_ENTRIES); i > 0; i--) {
            int length = block.getInt(at + LaneFormat.ENTRY_LENGTH);
            if (length < LaneFormat.ENTRY_HEADER || length > block.limit() - at) {
                throw wrong("an entry of " + length + " bytes", position + at);
            }
            ByteBuffer body =
                    block.slice(at + LaneFormat.ENTRY_HEADER, length - LaneFormat.ENTRY_HEADER);
            entry(
                    events,
                    block.get(at + LaneFormat.ENTRY_TYPE),
                    block.getLong(at + LaneFormat.ENTRY_SHARD),
                    body,
                    position + at + LaneFormat.ENTRY_HEADER);
            at += length;
        }
        return events;
    }

    private void entry(
            List<IndexEvent> events, byte type, long shard, ByteBuffer body, long position) {
        switch (type) {
            case LaneFormat.RECORDS -> {
                Extents extents =
                        new Extents(
                                (base, next, time, runningMax, bytes, records, at) ->
                                        events.add(
                                                new BatchRef(
                                                        shard,
                                                        null,
                                                        base,
                                                        next,
                                                        time,
                                                        runningMax,
                                                        bytes,
                                                        records,
                                                        false,
                                                        segment,
                                                        at)));
                extents.begin(body.getLong(0));
                for (int at = 8; at < body.limit(); at += RecordBatches.size(body, at)) {
                    extents.add(
                            body,
                            at,
                            RecordBatches.size(body, at),
                            body.getLong(at + RecordBatches.BASE_OFFSET),
                            position + at);
                }
                extents.end();
            }
            case LaneFormat.MOVED -> events.add(moved(shard, body, position));
            case LaneFormat.SHARD ->
                    events.add(new IndexEvent.ShardWritten(ShardState.decode(body)));
            case LaneFormat.TRIM -> events.add(new IndexEvent.Trimmed(shard, body.getLong()));
            case LaneFormat.DELETE_SHARD -> events.add(new IndexEvent.ShardDeleted(shard));
            case LaneFormat.CURSOR -> {
                byte[] group = new byte[body.getShort()];
                body.get(group);
                events.add(
                        new IndexEvent.CursorWritten(
                                shard, new String(group, StandardCharsets.UTF_8), rest(body)));
            }
            case LaneFormat.DROP_CURSOR ->
                    events.add(
                            new IndexEvent.CursorDropped(
                                    shard, new String(rest(body), StandardCharsets.UTF_8)));
            case LaneFormat.DROP_BATCHES -> {
                long[] bases = new long[body.limit() / 8];
                for (int i = 0; i < bases.length; i++) {
                    bases[i] = body.getLong(i * 8);
                }
                events.add(new IndexEvent.BatchesDropped(shard, bases));
            }
            case LaneFormat.SEGMENTS -> events.add(new IndexEvent.Listed(SegmentList.decode(body)));
            case LaneFormat.DROP_SEGMENT ->
                    events.add(new IndexEvent.SegmentDropped(body.getLong()));
            case LaneFormat.INTENT ->
                    events.add(new IndexEvent.Intended(body.getLong(0), rest(body)));
            case LaneFormat.PART ->
                    events.add(new IndexEvent.PartTaken(body.getInt(), body.getLong()));
            default -> throw wrong("an entry of unknown type " + type, position);
        }
    }

    private BatchRef moved(long shard, ByteBuffer body, long position) {
        long runningMax = body.getLong();
        long base = body.getLong();
        long next = body.getLong();
        return new BatchRef(
                shard,
                null,
                base,
                next,
                RecordBatches.maxTimestamp(body),
                runningMax,
                body.remaining(),
                RecordBatches.recordCount(body),
                true,
                segment,
                position + body.position());
    }

    private static byte[] rest(ByteBuffer body) {
        byte[] bytes = new byte[body.remaining()];
        body.get(bytes);
        return bytes;
    }

    private StorageException wrong(String what, long position) {
        return new StorageException(
                Kind.CORRUPT_STORE, what + " at " + position + " in " + segment.path());
    }
}
