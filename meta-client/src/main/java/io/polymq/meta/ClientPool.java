package io.polymq.meta;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One gRPC channel per peer, shared by everyone who talks to it: members of the metadata service,
 * other nodes. A channel connects when first used, notices a silent peer by pings, and goes idle by
 * itself. Shared; calls come back on virtual threads.
 */
public final class ClientPool implements AutoCloseable {

    /**
     * How to connect.
     *
     * @param tls null for plain text
     * @param connectTimeout for one attempt
     * @param pingAfter silence after which a peer with calls under way is asked for a sign of life;
     *     etcd closes connections that ask more often than every five seconds
     * @param pingTimeout how long it may take to give one
     * @param maxMessageBytes the largest message taken
     * @param maxChannels peers at most
     */
    public record Settings(
            @Nullable Tls tls,
            Duration connectTimeout,
            Duration pingAfter,
            Duration pingTimeout,
            int maxMessageBytes,
            int maxChannels) {

        public static final Settings PLAIN =
                new Settings(
                        null,
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(6),
                        Duration.ofSeconds(3),
                        320 << 20,
                        1_024);

        public Settings withTls(Tls with) {
            return new Settings(
                    with, connectTimeout, pingAfter, pingTimeout, maxMessageBytes, maxChannels);
        }
    }

    /**
     * Whom to trust and who we are, as PEM files.
     *
     * @param authorities null for those of the JDK
     * @param certificate ours, null when none is asked for
     * @param key of our certificate
     */
    public record Tls(@Nullable Path authorities, @Nullable Path certificate, @Nullable Path key) {}

    private final Settings settings;
    private final ChannelCredentials credentials;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, ManagedChannel> channels = new HashMap<>();
    private boolean closed;

    /** Reads the PEM files, if any. */
    public ClientPool(Settings settings) {
        this.settings = settings;
        this.credentials = credentialsOf(settings.tls());
    }

    private static ChannelCredentials credentialsOf(@Nullable Tls tls) {
        if (tls == null) {
            return InsecureChannelCredentials.create();
        }
        TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
        try {
            if (tls.authorities() != null) {
                builder.trustManager(tls.authorities().toFile());
            }
            if (tls.certificate() != null && tls.key() != null) {
                builder.keyManager(tls.certificate().toFile(), tls.key().toFile());
            }
        } catch (IOException e) {
            throw new MetadataException(
                    MetadataException.Reason.UNUSABLE,
                    "the certificates for gRPC cannot be read: " + e.getMessage(),
                    e);
        }
        return builder.build();
    }

    /** The channel to {@code host:port}, the same one for everybody. */
    public synchronized ManagedChannel channel(String target) {
        if (closed) {
            throw new MetadataException(
                    MetadataException.Reason.CLOSED, "the broker is shutting down");
        }
        ManagedChannel known = channels.get(target);
        if (known != null) {
            return known;
        }
        if (channels.size() >= settings.maxChannels()) {
            throw new MetadataException(
                    MetadataException.Reason.UNAVAILABLE,
                    "connections to " + settings.maxChannels() + " peers are open already");
        }
        ManagedChannel channel =
                NettyChannelBuilder.forTarget("dns:///" + target, credentials)
                        .withOption(
                                io.grpc.netty.shaded.io.netty.channel.ChannelOption
                                        .CONNECT_TIMEOUT_MILLIS,
                                (int) settings.connectTimeout().toMillis())
                        .keepAliveTime(settings.pingAfter().toNanos(), TimeUnit.NANOSECONDS)
                        .keepAliveTimeout(settings.pingTimeout().toNanos(), TimeUnit.NANOSECONDS)
                        .maxInboundMessageSize(settings.maxMessageBytes())
                        .disableRetry()
                        .executor(executor)
                        .build();
        channels.put(target, channel);
        return channel;
    }

    /** Peers that a channel is open to. */
    public synchronized int size() {
        return channels.size();
    }

    /** Ends every call. Idempotent; blocks for a moment at most. */
    @Override
    public void close() {
        Map<String, ManagedChannel> open;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            open = Map.copyOf(channels);
            channels.clear();
        }
        open.values().forEach(ManagedChannel::shutdownNow);
        try {
            for (ManagedChannel channel : open.values()) {
                channel.awaitTermination(2, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        executor.shutdown();
    }
}
