package io.polymq.meta.etcd;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which etcd, and how patiently.
 *
 * @param endpoints {@code host:port} of its members
 * @param keyPrefix put before every key, so that several brokers' clusters can share one etcd
 * @param user null when etcd asks for none
 * @param attemptTimeout for one member to answer
 * @param operationTimeout for a whole operation, all members tried
 * @param maxInFlight operations under way at most
 */
public record EtcdSettings(
        List<String> endpoints,
        String keyPrefix,
        @Nullable String user,
        @Nullable String password,
        Duration attemptTimeout,
        Duration operationTimeout,
        int maxInFlight) {

    public EtcdSettings {
        endpoints = List.copyOf(endpoints);
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("etcd needs at least one endpoint");
        }
        if ((user == null) != (password == null)) {
            throw new IllegalArgumentException("etcd's user and password come together");
        }
    }

    public static EtcdSettings of(List<String> endpoints, String keyPrefix) {
        return new EtcdSettings(
                endpoints,
                keyPrefix,
                null,
                null,
                Duration.ofSeconds(3),
                Duration.ofSeconds(10),
                10_000);
    }

    public EtcdSettings as(String name, String secret) {
        return new EtcdSettings(
                endpoints, keyPrefix, name, secret, attemptTimeout, operationTimeout, maxInFlight);
    }

    @Override
    public String toString() {
        return "EtcdSettings[endpoints=" + endpoints + ", keyPrefix=" + keyPrefix + "]";
    }
}
