package io.polymq.nats.options;

import io.polymq.nats.subject.SubjectMappings;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One entry of {@code accounts}. Immutable. */
public record AccountOptions(
        String name,
        List<UserOptions> users,
        @Nullable PermissionOptions defaultPermissions,
        List<Export> exports,
        List<Import> imports,
        List<SubjectMappings.Mapping> mappings,
        Limits limits) {

    /**
     * What an account has of connections, subscriptions, payload and JetStream; -1 is without
     * bound.
     */
    public record Limits(
            int maxConnections,
            int maxSubscriptions,
            int maxPayload,
            JetStreamOptions.@Nullable AccountLimits jetStream) {
        public static final Limits NONE = new Limits(-1, -1, -1, null);
    }

    /** How many messages answer a request. */
    public enum ResponseType {
        SINGLETON,
        STREAM,
        CHUNKED
    }

    /**
     * What others may import.
     *
     * @param accounts who; empty for everyone
     * @param tokenPosition the level that must be the importing account's name; 0 for none
     * @param tokenRequired whether an import needs an activation, in operator mode
     */
    public record Export(
            boolean service,
            String subject,
            List<String> accounts,
            ResponseType response,
            Duration responseTime,
            int tokenPosition,
            boolean tokenRequired) {

        public static final Duration DEFAULT_RESPONSE_TIME = Duration.ofMinutes(2);
    }

    /**
     * What is taken from another account.
     *
     * @param subject the other account's subject
     * @param to the own subject; null for the same, or with the prefix
     * @param prefix put before the other account's subject, for streams
     */
    public record Import(
            boolean service,
            String account,
            String subject,
            @Nullable String to,
            @Nullable String prefix,
            boolean share) {}
}
