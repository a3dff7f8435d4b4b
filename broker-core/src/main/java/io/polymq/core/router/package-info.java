/**
 * The subscription trie of each tenant and the fan-out to its sinks. Shared, read without locks.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.core.router;
