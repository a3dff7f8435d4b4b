/**
 * Writes what the configuration's records say of themselves: commented TOML and YAML files with
 * every default, and the reference page. Shared, without state.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.config.reference;
