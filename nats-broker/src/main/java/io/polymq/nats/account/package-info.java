/**
 * Accounts, which are the broker's tenants under their NATS names, who may use them, and what
 * passes from one to another: logins by configuration, by nkeys and by operator JWTs; permissions;
 * stream and service imports. Shared, except where a type says otherwise. The connection itself is
 * not here.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.nats.account;
