/**
 * The configuration as validated records, a leaf that every module may read: TOML or YAML,
 * environment and command-line overrides become records here; nothing else reads configuration
 * files.
 *
 * <p>Names in files are the components' names in snake case: {@code maxConnectionsPerIp} is {@code
 * max_connections_per_ip}.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.config;
