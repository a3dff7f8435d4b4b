package io.polymq.mqtt;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Bytes of the messages that sessions are owed, by tenant; one for many sessions counts once.
 * Changes in the journal's zone, any thread asks.
 */
final class OwedBytes {

    private final Map<String, LongAdder> byTenant = new ConcurrentHashMap<>();

    void stored(OwedMessage message) {
        if (message.tenant == null && message.remaining > 0) {
            String tenant = message.targets.getFirst().session().key().tenant();
            message.tenant = tenant;
            byTenant.computeIfAbsent(tenant, t -> new LongAdder()).add(message.bytes);
        }
    }

    void finished(OwedMessage message) {
        String tenant = message.tenant;
        LongAdder sum = tenant == null ? null : byTenant.get(tenant);
        if (sum != null) {
            sum.add(-message.bytes);
            message.tenant = null;
        }
    }

    long of(String tenant) {
        LongAdder sum = byTenant.get(tenant);
        return sum == null ? 0 : sum.sum();
    }
}
