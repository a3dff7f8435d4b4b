package io.polymq.nats.options;

import io.polymq.nats.subject.SubjectMappings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
     * How a service answers.
     *
     * @param within after which time nobody waits for it
     * @param latency null when it is not measured
     */
    public record Answers(ResponseType type, Duration within, @Nullable Latency latency) {

        public static final Duration DEFAULT_WITHIN = Duration.ofMinutes(2);
    }

    /**
     * How often the time of an answer is told, and where.
     *
     * @param sampling in percent; 0 for what the headers of a request ask for
     */
    public record Latency(int sampling, String subject) {}

    /**
     * Who may activate an import.
     *
     * @param signers the exporter's keys
     * @param revoked accounts, or * for all, whose activations do not hold that were issued up to
     *     that second
     */
    public record Activations(Set<String> signers, Map<String, Long> revoked) {
        public Activations {
            signers = Set.copyOf(signers);
            revoked = Map.copyOf(revoked);
        }
    }

    /**
     * What others may import.
     *
     * @param accounts who; empty for everyone
     * @param tokenPosition the level that must be the importing account's name; 0 for none
     * @param activations whose word an import needs, in operator mode; null for nobody's
     */
    public record Export(
            boolean service,
            String subject,
            List<String> accounts,
            Answers answers,
            int tokenPosition,
            @Nullable Activations activations) {}

    /**
     * The exporter's word that an account may import, whose signature was checked.
     *
     * @param signer the key that signed it
     * @param importer the account that it is for
     * @param issuedAt seconds since 1970
     * @param expires seconds since 1970, 0 for never
     */
    public record Activation(
            boolean service,
            String subject,
            String signer,
            String importer,
            long issuedAt,
            long expires) {}

    /**
     * What is taken from another account.
     *
     * @param subject the other account's subject
     * @param to the own subject; null for the same, or with the prefix
     * @param prefix put before the other account's subject, for streams
     * @param share whether the exporter's measurements may describe who asks
     * @param activation null for none
     */
    public record Import(
            boolean service,
            String account,
            String subject,
            @Nullable String to,
            @Nullable String prefix,
            boolean share,
            @Nullable Activation activation) {}
}
