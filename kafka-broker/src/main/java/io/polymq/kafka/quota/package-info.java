/**
 * Client quotas (KIP-13, KIP-219, KIP-546, KIP-599, KIP-612): what users, client ids and addresses
 * may use, how much of it they did, and how long they have to wait. Shared.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.kafka.quota;
