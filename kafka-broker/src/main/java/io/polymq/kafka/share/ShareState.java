package io.polymq.kafka.share;

import io.polymq.kafka.cluster.BrokerSettings;
import java.util.Map;

/**
 * Where a share group begins in a partition; how far it has come since is in its cursor.
 *
 * @param epoch raised whenever it begins anew
 * @param start the first offset that it gets; {@link #UNDECIDED} until somebody fetches
 * @param applied whether its cursor has been set there
 */
public record ShareState(int epoch, long start, boolean applied) {

    /** What the group's settings say decides, at the first fetch. */
    public static final long UNDECIDED = -1;

    byte[] encode() {
        return BrokerSettings.encode(
                Map.of(
                        "epoch", Integer.toString(epoch),
                        "start", Long.toString(start),
                        "applied", Boolean.toString(applied)));
    }

    static ShareState decode(byte[] bytes) {
        Map<String, String> fields = BrokerSettings.decode(bytes);
        return new ShareState(
                Integer.parseInt(fields.getOrDefault("epoch", "0")),
                Long.parseLong(fields.getOrDefault("start", "-1")),
                Boolean.parseBoolean(fields.getOrDefault("applied", "false")));
    }
}
