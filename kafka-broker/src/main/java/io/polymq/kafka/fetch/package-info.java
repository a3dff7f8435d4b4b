/**
 * Fetching: sessions, reads from memory on the loop and from files beside it, fetches that wait for
 * records, and where offsets, times and epochs lie. Connection zone.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.kafka.fetch;
