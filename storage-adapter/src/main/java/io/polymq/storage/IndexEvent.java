package io.polymq.storage;

import java.nio.ByteBuffer;

/**
 * What an entry of a lane means to the index. The same events come from the writer while it runs
 * and from the files during recovery.
 */
sealed interface IndexEvent
        permits BatchRef,
                IndexEvent.ShardWritten,
                IndexEvent.Trimmed,
                IndexEvent.ShardDeleted,
                IndexEvent.CursorWritten,
                IndexEvent.CursorDropped,
                IndexEvent.BatchesDropped,
                IndexEvent.KeyChanged,
                IndexEvent.Intended,
                IndexEvent.IntentDone,
                IndexEvent.PartTaken,
                IndexEvent.SegmentDropped,
                IndexEvent.Listed {

    /** A shard's whole state: it was made, altered, or written again by the cleaner. */
    record ShardWritten(ShardState state) implements IndexEvent {}

    record Trimmed(long shard, long start) implements IndexEvent {}

    record ShardDeleted(long shard) implements IndexEvent {}

    record CursorWritten(long shard, String group, byte[] state) implements IndexEvent {}

    record CursorDropped(long shard, String group) implements IndexEvent {}

    record BatchesDropped(long shard, long[] bases) implements IndexEvent {}

    /**
     * Where a key's newest record is (-1: nowhere) now that the one at {@code was} is deleted.
     * Known from memory only; without it a look-up searches.
     */
    record KeyChanged(long shard, ByteBuffer key, long was, long newest) implements IndexEvent {}

    /** An atomic append over lanes, as an {@link LaneFormat#INTENT} entry has it. */
    record Intended(long sequence, byte[] body) implements IndexEvent {}

    /** All parts of an intent are safe. Known from memory only. */
    record IntentDone(long sequence) implements IndexEvent {}

    record PartTaken(int coordinator, long sequence) implements IndexEvent {}

    record SegmentDropped(long segment) implements IndexEvent {}

    record Listed(SegmentList list) implements IndexEvent {}
}
