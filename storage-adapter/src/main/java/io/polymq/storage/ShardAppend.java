package io.polymq.storage;

import java.nio.ByteBuffer;

/**
 * One part of an atomic append.
 *
 * @param shard where to
 * @param batches one or more whole v2 record batches; their base offsets are assigned by the
 *     append, in place
 */
public record ShardAppend(Shard shard, ByteBuffer batches) {}
