package io.polymq.codec.mqtt;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fifteen control packets. Properties are {@link Properties#NONE} where the version has none.
 * Byte arrays are not to be written to.
 */
public sealed interface MqttPacket {

    /**
     * @param bridge whether the level's highest bit says that another broker connects
     * @param cleanStart {@code clean session} before version 5
     */
    record Connect(
            MqttVersion version,
            boolean bridge,
            boolean cleanStart,
            int keepAlive,
            Properties properties,
            String clientId,
            @Nullable Will will,
            @Nullable String username,
            byte @Nullable [] password)
            implements MqttPacket {
        @Override
        public String toString() {
            return "Connect[" + version + ", " + clientId + ", user " + username + "]";
        }
    }

    /** What is published for a client that is gone. */
    record Will(Properties properties, String topic, byte[] payload, int qos, boolean retain) {}

    /**
     * @param code a reason code, or a return code of version 3
     */
    record ConnAck(boolean sessionPresent, int code, Properties properties) implements MqttPacket {}

    record Publish(
            boolean dup,
            int qos,
            boolean retain,
            String topic,
            int packetId,
            Properties properties,
            byte[] payload)
            implements MqttPacket {}

    record PubAck(int packetId, ReasonCode reason, Properties properties) implements MqttPacket {}

    record PubRec(int packetId, ReasonCode reason, Properties properties) implements MqttPacket {}

    record PubRel(int packetId, ReasonCode reason, Properties properties) implements MqttPacket {}

    record PubComp(int packetId, ReasonCode reason, Properties properties) implements MqttPacket {}

    record Subscribe(int packetId, Properties properties, List<Request> requests)
            implements MqttPacket {

        public Subscribe {
            requests = List.copyOf(requests);
        }

        /** One filter and its options (3.8.3.1). */
        public record Request(
                String filter,
                int qos,
                boolean noLocal,
                boolean retainAsPublished,
                int retainHandling) {}
    }

    record SubAck(int packetId, Properties properties, List<ReasonCode> reasons)
            implements MqttPacket {
        public SubAck {
            reasons = List.copyOf(reasons);
        }
    }

    record Unsubscribe(int packetId, Properties properties, List<String> filters)
            implements MqttPacket {
        public Unsubscribe {
            filters = List.copyOf(filters);
        }
    }

    /**
     * @param reasons empty before version 5
     */
    record UnsubAck(int packetId, Properties properties, List<ReasonCode> reasons)
            implements MqttPacket {
        public UnsubAck {
            reasons = List.copyOf(reasons);
        }
    }

    record PingReq() implements MqttPacket {}

    record PingResp() implements MqttPacket {}

    record Disconnect(ReasonCode reason, Properties properties) implements MqttPacket {}

    record Auth(ReasonCode reason, Properties properties) implements MqttPacket {}
}
