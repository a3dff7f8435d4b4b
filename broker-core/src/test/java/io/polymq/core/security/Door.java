package io.polymq.core.security;

import io.polymq.config.AuthConfig;
import io.polymq.config.load.ConfigLoader;
import io.polymq.config.load.ConfigSources;
import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.AuthResult;
import io.polymq.core.security.Security.Resource;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.NodeCache;
import io.polymq.meta.embedded.MemoryMetadata;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** A door on metadata in memory, and short words for what clients do at it. */
final class Door implements AutoCloseable {

    final java.util.concurrent.atomic.AtomicReference<Instant> now =
            new java.util.concurrent.atomic.AtomicReference<>(
                    Instant.parse("2026-11-20T20:00:00Z"));
    final InstantSource clock = now::get;
    final MetadataStore store = new MemoryMetadata();
    final NodeCache cache = new NodeCache(store);
    final PrometheusRegistry registry = new PrometheusRegistry();
    final BrokerSecurity security;

    Door(boolean loopbackOnly, String... toml) {
        security =
                new SecurityBuilder(
                                config(toml),
                                cache,
                                loopbackOnly,
                                clock,
                                new SecureRandom(),
                                registry)
                        .build();
    }

    static AuthConfig config(String... toml) {
        try {
            Path file = Files.createTempFile("door", ".toml");
            try {
                Files.writeString(
                        file,
                        "[auth]\npassword_iterations = 1000\nscram_iterations = 4096\n"
                                + String.join("\n", toml));
                return ConfigLoader.load(new ConfigSources(file, Map.of(), List.of()))
                        .config()
                        .auth();
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (Exception e) {
            throw new IllegalArgumentException(e);
        }
    }

    static Credentials.Peer peer(String address, String clientId) {
        return peer("mqtt", address, clientId);
    }

    static Credentials.Peer peer(String protocol, String address, String clientId) {
        return new Credentials.Peer(
                protocol, new InetSocketAddress(address, 40_000), clientId, null);
    }

    static final Credentials.Peer HERE = peer("127.0.0.1", "c1");

    AuthResult nobody() {
        return done(security.authenticate(new Credentials.None(HERE)));
    }

    AuthResult password(String user, String password) {
        return password(HERE, user, password);
    }

    AuthResult password(Credentials.Peer peer, String user, String password) {
        return done(security.authenticate(login(peer, user, password)));
    }

    static Credentials login(Credentials.Peer peer, String user, String password) {
        return new Credentials.Password(peer, user, password.getBytes(StandardCharsets.UTF_8));
    }

    static <T> T done(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    Principal principal(String user) {
        return new Principal(user, Principal.DEFAULT_TENANT, java.util.Set.of(), Map.of(), false);
    }

    boolean may(String user, Action action, String subject) {
        return may(user, action, Resource.Kind.SUBJECT, subject);
    }

    boolean may(String user, Action action, Resource.Kind kind, String name) {
        return security.allows(principal(user), HERE, action, new Resource(kind, name));
    }

    void later(Duration by) {
        now.updateAndGet(t -> t.plus(by));
    }

    @Override
    public void close() {
        security.close();
        cache.close();
        store.close();
    }
}
