package io.polymq.kafka;

import io.polymq.core.security.Security;
import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Resource;

/** What Kafka's operations are in the shared access rules. Any thread; answered from memory. */
public final class Access {

    private static final Resource CLUSTER = new Resource(Resource.Kind.CLUSTER, "kafka-cluster");

    private final Security security;

    public Access(Security security) {
        this.security = security;
    }

    public boolean mayRead(Client client, String topic) {
        return topic(client, Action.READ, topic);
    }

    public boolean mayWrite(Client client, String topic) {
        return topic(client, Action.WRITE, topic);
    }

    public boolean topic(Client client, Action action, String topic) {
        return allows(client, action, new Resource(Resource.Kind.TOPIC, topic));
    }

    public boolean group(Client client, Action action, String group) {
        return allows(client, action, new Resource(Resource.Kind.GROUP, group));
    }

    public boolean mayTransact(Client client, String transactionalId) {
        return allows(
                client, Action.WRITE, new Resource(Resource.Kind.TRANSACTION, transactionalId));
    }

    public boolean cluster(Client client, Action action) {
        return allows(client, action, CLUSTER);
    }

    private boolean allows(Client client, Action action, Resource resource) {
        return security.allows(client.principal(), client.peer(), action, resource);
    }
}
