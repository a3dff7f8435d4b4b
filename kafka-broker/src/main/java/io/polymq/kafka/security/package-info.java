/**
 * Who Kafka's clients are and what they may do: the conversations of SASL on the shared users,
 * delegation tokens, and the keys that administrate credentials, tokens and access rules. Dialogs
 * are connection zone; stores are shared.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.kafka.security;
