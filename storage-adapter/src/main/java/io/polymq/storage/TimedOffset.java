package io.polymq.storage;

/** An offset and its record's timestamp; both -1 when there is none. */
public record TimedOffset(long offset, long timestamp) {}
