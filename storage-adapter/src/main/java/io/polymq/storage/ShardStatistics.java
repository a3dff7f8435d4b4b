package io.polymq.storage;

/**
 * A shard's counters.
 *
 * @param records readable records
 * @param bytes bytes of their batches
 * @param liveBytes of these, bytes that the cleaner would keep
 * @param appendedRecords records ever appended since the process started
 */
public record ShardStatistics(long records, long bytes, long liveBytes, long appendedRecords) {}
