package io.polymq.kafka.topic;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Client;
import org.apache.kafka.common.acl.AclOperation;

/** What a client may do, as the bit set that Kafka's answers carry. */
public final class AuthorizedOperations {

    private AuthorizedOperations() {}

    public static int topic(Access access, Client client, String name) {
        return bit(access.topic(client, Action.READ, name), AclOperation.READ)
                | bit(access.topic(client, Action.WRITE, name), AclOperation.WRITE)
                | bit(access.topic(client, Action.CREATE, name), AclOperation.CREATE)
                | bit(access.topic(client, Action.DELETE, name), AclOperation.DELETE)
                | bit(access.topic(client, Action.ALTER, name), AclOperation.ALTER)
                | bit(access.topic(client, Action.ALTER_CONFIGS, name), AclOperation.ALTER_CONFIGS)
                | bit(access.topic(client, Action.DESCRIBE, name), AclOperation.DESCRIBE)
                | bit(
                        access.topic(client, Action.DESCRIBE_CONFIGS, name),
                        AclOperation.DESCRIBE_CONFIGS);
    }

    public static int group(Access access, Client client, String name) {
        return bit(access.group(client, Action.READ, name), AclOperation.READ)
                | bit(access.group(client, Action.DELETE, name), AclOperation.DELETE)
                | bit(access.group(client, Action.DESCRIBE, name), AclOperation.DESCRIBE)
                | bit(
                        access.group(client, Action.DESCRIBE_CONFIGS, name),
                        AclOperation.DESCRIBE_CONFIGS)
                | bit(access.group(client, Action.ALTER_CONFIGS, name), AclOperation.ALTER_CONFIGS);
    }

    /** Nothing for those who may not even look. */
    public static int cluster(Access access, Client client) {
        if (!access.cluster(client, Action.DESCRIBE)) {
            return 0;
        }
        return bit(access.cluster(client, Action.CREATE), AclOperation.CREATE)
                | bit(access.cluster(client, Action.CLUSTER_ACTION), AclOperation.CLUSTER_ACTION)
                | bit(
                        access.cluster(client, Action.IDEMPOTENT_WRITE),
                        AclOperation.IDEMPOTENT_WRITE)
                | bit(access.cluster(client, Action.ALTER), AclOperation.ALTER)
                | bit(access.cluster(client, Action.ALTER_CONFIGS), AclOperation.ALTER_CONFIGS)
                | bit(access.cluster(client, Action.DESCRIBE), AclOperation.DESCRIBE)
                | bit(
                        access.cluster(client, Action.DESCRIBE_CONFIGS),
                        AclOperation.DESCRIBE_CONFIGS);
    }

    private static int bit(boolean allowed, AclOperation operation) {
        return allowed ? 1 << operation.code() : 0;
    }
}
