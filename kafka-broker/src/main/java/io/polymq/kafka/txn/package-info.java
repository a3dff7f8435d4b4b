/**
 * Transactions: who may write in the name of a transactional id, which partitions a transaction has
 * reached, how it ends. The rules are pure; one actor per transactional id has their results stored
 * before anyone hears of them. What a partition knows of transactions is in {@code produce}. Any
 * thread.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.kafka.txn;
