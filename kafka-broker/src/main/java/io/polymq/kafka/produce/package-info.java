/**
 * Producing: batches are checked, held against what is known of their producer, and appended as
 * they came. Connection zone up to the append; results come from storage's completion threads.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.kafka.produce;
