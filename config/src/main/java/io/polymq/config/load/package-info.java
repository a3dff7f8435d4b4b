/**
 * Reads the configuration: a TOML or YAML file, the environment and the command line, later ones
 * over earlier ones, into one tree of nodes and from that into {@link
 * io.polymq.config.PolyMqConfig}. Runs once per start or reload, on the caller's thread. What keys
 * exist is the records' business, not known here.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.config.load;
