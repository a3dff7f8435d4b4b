package io.polymq.network;

/**
 * Who a connection is, once known. {@link ConnectionManager} lists, counts and limits by these.
 *
 * @param tenant the name space that the connection lives in
 * @param user the authenticated user
 * @param clientId the protocol's own client identifier, empty when it has none
 */
public record Login(String tenant, String user, String clientId) {}
