package io.polymq.core.service;

/** Something that operators and auditors want to know of. */
public sealed interface BrokerEvent {

    /** When, in milliseconds since 1970. */
    long at();

    /** Who: protocol, tenant, client's own name or empty, user, network address. */
    record Client(String protocol, String tenant, String id, String user, String address) {}

    record Connected(long at, Client client) implements BrokerEvent {}

    record Disconnected(long at, Client client, String reason) implements BrokerEvent {}

    record Subscribed(long at, Client client, String filter) implements BrokerEvent {}

    record Unsubscribed(long at, Client client, String filter) implements BrokerEvent {}

    record LoginFailed(long at, Client client, String reason) implements BrokerEvent {}

    record AccessDenied(long at, Client client, String action, String resource)
            implements BrokerEvent {}

    record QuotaExceeded(long at, String tenant, String quota, long limit) implements BrokerEvent {}
}
