package io.polymq.storage;

import java.nio.ByteBuffer;

/**
 * One part of an atomic append.
 *
 * @param shard where to
 * @param batches one or more whole v2 record batches, treated as by {@link Shard#append}
 */
public record ShardAppend(Shard shard, ByteBuffer batches) {}
