package io.polymq.storage;

/**
 * Where an append went.
 *
 * @param baseOffset the offset of its first record
 * @param nextOffset the offset behind its last one
 * @param timestamp the wall clock, in milliseconds, at which it was taken
 */
public record Appended(long baseOffset, long nextOffset, long timestamp) {}
