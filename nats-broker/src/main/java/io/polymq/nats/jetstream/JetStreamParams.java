package io.polymq.nats.jetstream;

import io.polymq.core.message.MessageRecords;
import io.polymq.core.topic.Topics;
import io.polymq.core.zone.ShardZone;
import io.polymq.meta.MetadataStore;
import io.polymq.nats.jetstream.api.ConsumerLimits;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * What JetStream needs besides what the NATS broker has.
 *
 * @param zones an account lives in one of them
 * @param blocking for what may wait for the device
 * @param domain the name under which the API is reached as well, empty for none
 */
public record JetStreamParams(
        Topics topics,
        MetadataStore metadata,
        List<ShardZone> zones,
        MessageRecords records,
        Executor blocking,
        String domain,
        ConsumerLimits consumerLimits) {

    public JetStreamParams {
        zones = List.copyOf(zones);
    }
}
