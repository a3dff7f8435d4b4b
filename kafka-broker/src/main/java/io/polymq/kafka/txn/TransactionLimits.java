package io.polymq.kafka.txn;

import java.time.Duration;

/**
 * What the coordinator allows.
 *
 * @param maxTimeout the longest that a transaction may take
 * @param idExpiry how long an id is remembered that nobody uses
 * @param maxIds how many ids there may be
 */
public record TransactionLimits(Duration maxTimeout, Duration idExpiry, int maxIds) {

    public static final TransactionLimits DEFAULT =
            new TransactionLimits(Duration.ofMinutes(15), Duration.ofDays(7), 500_000);
}
