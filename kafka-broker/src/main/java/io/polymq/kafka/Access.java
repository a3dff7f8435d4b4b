package io.polymq.kafka;

import io.polymq.core.security.Security;
import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Resource;
import java.util.Collection;
import java.util.Set;

/** What Kafka's operations are in the shared access rules. Any thread; answered from memory. */
public final class Access {

    private static final Resource CLUSTER = new Resource(Resource.Kind.CLUSTER, "kafka-cluster");

    private final Security security;
    private final Set<String> superUsers;

    /**
     * @param superUsers who may do everything, whatever the rules say
     */
    public Access(Security security, Collection<String> superUsers) {
        this.security = security;
        this.superUsers = Set.copyOf(superUsers);
    }

    public boolean isSuperUser(Client client) {
        return !superUsers.isEmpty() && superUsers.contains(client.principal().user());
    }

    public boolean mayRead(Client client, String topic) {
        return client.decisions().mayRead(client.principal(), client.peer(), topic)
                || isSuperUser(client);
    }

    public boolean mayWrite(Client client, String topic) {
        return client.decisions().mayWrite(client.principal(), client.peer(), topic)
                || isSuperUser(client);
    }

    public boolean topic(Client client, Action action, String topic) {
        return switch (action) {
            case READ -> mayRead(client, topic);
            case WRITE -> mayWrite(client, topic);
            default -> allows(client, action, new Resource(Resource.Kind.TOPIC, topic));
        };
    }

    /** Whoever may create in the cluster may create any topic. */
    public boolean mayCreate(Client client, String topic) {
        return cluster(client, Action.CREATE) || topic(client, Action.CREATE, topic);
    }

    public boolean group(Client client, Action action, String group) {
        return allows(client, action, new Resource(Resource.Kind.GROUP, group));
    }

    public boolean mayTransact(Client client, String transactionalId) {
        return transaction(client, Action.WRITE, transactionalId);
    }

    public boolean transaction(Client client, Action action, String transactionalId) {
        return allows(client, action, new Resource(Resource.Kind.TRANSACTION, transactionalId));
    }

    /** Whoever may write to some topic may have a producer id (KIP-679). */
    public boolean mayProduceIdempotently(Client client) {
        return cluster(client, Action.IDEMPOTENT_WRITE)
                || security.allowsSome(
                        client.principal(), client.peer(), Action.WRITE, Resource.Kind.TOPIC);
    }

    public boolean cluster(Client client, Action action) {
        return allows(client, action, CLUSTER);
    }

    public boolean user(Client client, Action action, String user) {
        return allows(client, action, new Resource(Resource.Kind.USER, user));
    }

    public boolean token(Client client, Action action, String tokenId) {
        return allows(client, action, new Resource(Resource.Kind.DELEGATION_TOKEN, tokenId));
    }

    private boolean allows(Client client, Action action, Resource resource) {
        return security.allows(client.principal(), client.peer(), action, resource)
                || isSuperUser(client);
    }
}
