package io.polymq.kafka;

import io.polymq.kafka.quota.Quotas;
import io.polymq.network.Connection;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ShareFetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.jspecify.annotations.Nullable;

/**
 * Makes one connection's client wait as its quotas say (KIP-219): it is told how long at once, in
 * the answer, and is then not read for that long. Connection zone.
 */
final class Throttle {

    private static final long LONGEST_MILLIS = 3_600_000;

    private final Connection connection;
    private final Quotas quotas;
    private int muted;

    Throttle(Connection connection, Quotas quotas) {
        this.connection = connection;
        this.quotas = quotas;
    }

    boolean isMuted() {
        return muted > 0;
    }

    /** Whether it has to be known how long requests take. */
    boolean isActive() {
        return quotas.isActive();
    }

    /** An answer is about to go out. */
    void answering(Exchange exchange, @Nullable ApiMessage response) {
        long wait = exchange.throttleMillis();
        if (quotas.isActive()) {
            wait = Math.max(wait, wait(exchange, response));
        }
        if (exchange.request().key() == ApiKeys.PRODUCE) {
            wait = Math.max(wait, connection.owedMillis());
        }
        if (wait <= 0) {
            return;
        }
        int millis = (int) Math.min(LONGEST_MILLIS, wait);
        if (response != null) {
            ThrottleTime.set(response, millis);
        }
        muted++;
        connection.pauseReading();
        connection.loop().schedule(this::unmute, millis, TimeUnit.MILLISECONDS);
    }

    private void unmute() {
        muted--;
        connection.resumeReading();
    }

    private long wait(Exchange exchange, @Nullable ApiMessage response) {
        String user = exchange.client().kafkaName();
        String clientId = exchange.clientId();
        long bytes =
                switch (exchange.request().key()) {
                    case PRODUCE -> quotas.produced(user, clientId, exchange.request().bytes());
                    case FETCH, SHARE_FETCH ->
                            quotas.fetched(user, clientId, recordBytes(response));
                    default -> 0;
                };
        return Math.max(bytes, quotas.worked(user, clientId, exchange.workedNanos()));
    }

    private static int recordBytes(@Nullable ApiMessage response) {
        int bytes = 0;
        if (response instanceof FetchResponseData fetched) {
            for (var topic : fetched.responses()) {
                for (var partition : topic.partitions()) {
                    bytes += size(partition.records());
                }
            }
        } else if (response instanceof ShareFetchResponseData shared) {
            for (var topic : shared.responses()) {
                for (var partition : topic.partitions()) {
                    bytes += size(partition.records());
                }
            }
        }
        return bytes;
    }

    private static int size(@Nullable BaseRecords records) {
        return records == null ? 0 : records.sizeInBytes();
    }
}
