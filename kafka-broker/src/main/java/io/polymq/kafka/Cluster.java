package io.polymq.kafka;

/**
 * What clients are told of the cluster, which is this broker.
 *
 * @param clusterId stable for the life of the data
 * @param brokerId its number
 * @param advertisedHost the host that clients are told; empty: the one that they reached
 * @param advertisedPort the port that clients are told; 0: the one that they reached
 * @param autoCreateTopics whether a topic that is asked for comes into being
 * @param defaultPartitions how many partitions a topic gets when nobody says
 */
public record Cluster(
        String clusterId,
        int brokerId,
        String advertisedHost,
        int advertisedPort,
        boolean autoCreateTopics,
        int defaultPartitions) {

    public String host(Client client) {
        return advertisedHost.isEmpty()
                ? client.reached().getAddress() == null
                        ? client.reached().getHostString()
                        : client.reached().getAddress().getHostAddress()
                : advertisedHost;
    }

    public int port(Client client) {
        return advertisedPort == 0 ? client.reached().getPort() : advertisedPort;
    }
}
