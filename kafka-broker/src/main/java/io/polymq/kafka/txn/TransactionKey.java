package io.polymq.kafka.txn;

/** A transactional id, which is its tenant's own. */
record TransactionKey(String tenant, String id) {}
