package io.polymq.kafka.quota;

import io.polymq.kafka.Exchange;

/**
 * What one request may change of the metadata (KIP-599). Newer clients are refused what their quota
 * does not allow; older ones know no such answer and have to wait instead. Connection zone.
 */
public final class MutationQuota {

    private final Quotas quotas;
    private final Exchange exchange;
    private final boolean strict;

    /**
     * @param firstStrictVersion the first version of the request that knows the refusal
     */
    public MutationQuota(Quotas quotas, Exchange exchange, int firstStrictVersion) {
        this.quotas = quotas;
        this.exchange = exchange;
        this.strict = exchange.version() >= firstStrictVersion;
    }

    /** Whether so many partitions may be made or deleted. */
    public boolean take(int partitions) {
        if (!quotas.isActive()) {
            return true;
        }
        String user = exchange.client().kafkaName();
        String clientId = exchange.clientId();
        long closed = quotas.mutationsClosedFor(user, clientId);
        if (strict && closed > 0) {
            exchange.throttle(closed);
            return false;
        }
        quotas.mutated(user, clientId, partitions);
        if (!strict) {
            exchange.throttle(quotas.mutationsClosedFor(user, clientId));
        }
        return true;
    }
}
