/**
 * The configuration as validated records, a leaf that every module may read. A record per section;
 * what a key means, its default and its range are annotations on the record's component, and the
 * reference and the commented files are generated from them. Immutable, so safe for any thread.
 * Files are read in {@code load}, and nowhere else.
 *
 * <p>Names in files are the components' names in snake case: {@code maxConnectionsPerIp} is {@code
 * max_connections_per_ip}.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.config;
