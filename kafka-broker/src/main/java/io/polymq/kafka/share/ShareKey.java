package io.polymq.kafka.share;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.net.URLEncoder;
import org.apache.kafka.common.Uuid;

/** A share group's part in one partition. Immutable. */
public record ShareKey(String tenant, String group, Uuid topicId, int partition) {

    /** As it is named in the metadata. */
    String text() {
        return URLEncoder.encode(tenant, UTF_8)
                + '/'
                + URLEncoder.encode(group, UTF_8)
                + '/'
                + topicId
                + '/'
                + partition;
    }

    static ShareKey parse(String text) {
        String[] parts = text.split("/");
        return new ShareKey(
                URLDecoder.decode(parts[0], UTF_8),
                URLDecoder.decode(parts[1], UTF_8),
                Uuid.fromString(parts[2]),
                Integer.parseInt(parts[3]));
    }

    /** The name of the group's cursor in the partition's shard. */
    String cursor() {
        return "share." + group;
    }
}
