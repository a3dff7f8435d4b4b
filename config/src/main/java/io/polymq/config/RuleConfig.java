package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.OneOf;
import java.util.List;

/** {@code [[auth.rules]]}: an access rule that stands in the configuration. */
@Doc(
        "An access rule that stands in the configuration; others are added at run time. Who, what and"
                + " where not written means everyone, everything, everywhere; denying beats allowing.")
public record RuleConfig(
        @Doc("What the rule does.") @OneOf({"allow", "deny"}) @Default("allow") String effect,
        @Doc("Whom it means: any of these users,") List<String> users,
        @Doc("who are in any of these groups,") List<String> groups,
        @Doc("with any of these client ids; one that ends in * means all that begin so,")
                List<String> clients,
        @Doc("from any of these addresses or blocks such as 10.0.0.0/8,") List<String> addresses,
        @Doc("in any of these tenants.") List<String> tenants,
        @Doc("What they want to do; none: anything but administrate.")
                @OneOf({
                    "read",
                    "write",
                    "create",
                    "delete",
                    "alter",
                    "describe",
                    "describe_configs",
                    "alter_configs",
                    "cluster_action",
                    "idempotent_write",
                    "create_tokens",
                    "describe_tokens",
                    "two_phase_commit",
                    "admin"
                })
                List<String> actions,
        @Doc("What they want to do it to. A topic is the subject of the same name.")
                @OneOf({
                    "subject",
                    "topic",
                    "queue",
                    "exchange",
                    "routing_key",
                    "group",
                    "transaction",
                    "cluster",
                    "tenant",
                    "user",
                    "delegation_token"
                })
                List<String> kinds,
        @Doc(
                        "How names are compared: filter is one of NATS (orders.*.>), mqtt one of MQTT"
                                + " (orders/+/#), amqp one of AMQP (orders.*.#); any needs no names.")
                @OneOf({"any", "exact", "prefix", "filter", "mqtt", "amqp", "regex"})
                @Default("any")
                String match,
        @Doc("The names. %u, %c and %t stand for the user, the client id and the tenant that ask.")
                List<String> names,
        @Doc("What the name is looked at in: a routing key's exchange, a subscription's group.")
                @Default("")
                String within,
        @Doc("For whoever reads it, and for explanations of decisions.") @Default("") String note) {

    public RuleConfig {
        users = List.copyOf(users);
        groups = List.copyOf(groups);
        clients = List.copyOf(clients);
        addresses = List.copyOf(addresses);
        tenants = List.copyOf(tenants);
        actions = List.copyOf(actions);
        kinds = List.copyOf(kinds);
        names = List.copyOf(names);
        if (match.equals("any") != names.isEmpty()) {
            throw new IllegalArgumentException(
                    match.equals("any")
                            ? "has names, so match says how: exact, prefix, filter, mqtt, amqp or regex"
                            : "has match = \"" + match + "\", which needs names");
        }
    }
}
