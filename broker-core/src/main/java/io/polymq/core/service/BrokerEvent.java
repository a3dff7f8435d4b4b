package io.polymq.core.service;

/** Something that operators and auditors want to know of. */
public sealed interface BrokerEvent {

    /** When, in milliseconds since 1970. */
    long at();

    /** Who: protocol, tenant, client's own name or empty, user, network address. */
    record Client(String protocol, String tenant, String id, String user, String address) {}

    record Connected(long at, Client client) implements BrokerEvent {}

    record Disconnected(long at, Client client, String reason) implements BrokerEvent {}

    /**
     * @param filter of subjects; or the name of the topic, queue or mailbox that is read
     * @param group whose members share what comes; empty for none
     */
    record Subscribed(long at, Client client, String filter, String group) implements BrokerEvent {
        public Subscribed(long at, Client client, String filter) {
            this(at, client, filter, "");
        }
    }

    record Unsubscribed(long at, Client client, String filter, String group)
            implements BrokerEvent {
        public Unsubscribed(long at, Client client, String filter) {
            this(at, client, filter, "");
        }
    }

    record LoginFailed(long at, Client client, String reason) implements BrokerEvent {}

    record SessionExpired(long at, Client client) implements BrokerEvent {}

    record TopicCreated(long at, String tenant, String topic) implements BrokerEvent {}

    record TopicDeleted(long at, String tenant, String topic) implements BrokerEvent {}

    /** A queue of AMQP. */
    record QueueCreated(long at, String tenant, String queue) implements BrokerEvent {}

    record QueueDeleted(long at, String tenant, String queue) implements BrokerEvent {}

    /**
     * @param latencyMillis of a delivery that took too long; -1 when the client was cut off because
     *     too much waited for it
     */
    record SlowConsumer(long at, Client client, long latencyMillis) implements BrokerEvent {}

    record QuotaExceeded(long at, String tenant, String quota, long limit) implements BrokerEvent {}
}
