/**
 * Metadata: small, rarely changed, watched by everyone: topics, users, rules, schemas. One
 * interface, an embedded driver and one for etcd. Per-message state never goes here.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.meta;
