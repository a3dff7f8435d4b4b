package io.polymq.storage;

import org.jspecify.annotations.Nullable;

/**
 * The newest record of a key.
 *
 * @param offset its offset, -1 when there is none
 * @param record the record, null when there is none
 */
public record KeyedRead(long offset, @Nullable StoredRecord record) {}
