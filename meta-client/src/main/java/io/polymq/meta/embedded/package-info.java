/**
 * Metadata kept by this process itself, in RocksDB under the data folder: the default driver.
 *
 * <p>One thread writes (see {@code CommitLoop}); reads and watchers run on virtual threads. Changes
 * are answered after their write-ahead log record was forced. What is recent is also kept in
 * memory, within bounds, for watchers to go on from. Not here: anything distributed.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.meta.embedded;
