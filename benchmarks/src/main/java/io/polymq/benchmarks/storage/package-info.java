/**
 * Storage against what it is made of and what it stands in for: a bare file with group commit,
 * RocksDB with its own log, a file per shard, Apache Kafka's log in process. The contestants of a
 * round take turns on the same disk with the same batches.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.benchmarks.storage;
