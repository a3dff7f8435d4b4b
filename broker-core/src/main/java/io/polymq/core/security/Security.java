package io.polymq.core.security;

import io.polymq.core.subject.Filter;
import java.util.concurrent.CompletionStage;

/**
 * The door: authentication and access rules of every protocol. Any thread; authorisation is
 * answered from memory.
 */
public interface Security {

    /**
     * Completes on a thread of its own when a remote check was needed; a refusal is a value, not a
     * failure.
     */
    CompletionStage<AuthResult> authenticate(Credentials credentials);

    /**
     * Whether clients without credentials get in at all, for protocols that must announce it (NATS
     * INFO, Kafka SASL).
     */
    boolean loginRequired();

    /** A SCRAM exchange on the shared users. */
    ScramExchange scram(ScramMechanism mechanism, Credentials.Peer peer);

    /** Whether the principal may do it; a hash look-up for what was asked before. */
    boolean allows(Principal principal, Credentials.Peer peer, Action action, Resource resource);

    /**
     * How much of what the filter matches the principal may read. A subscription is taken for
     * {@link Coverage#ALL}; for {@link Coverage#EXCEPT} it may be taken by who asks {@link #allows}
     * again for each subject that it delivers.
     *
     * @param group the queue group that it is subscribed with, empty for none
     */
    default Coverage coverage(
            Principal principal, Credentials.Peer peer, Filter filter, String group) {
        Resource name = new Resource(Resource.Kind.SUBJECT, filter.toString(), group);
        return allows(principal, peer, Action.READ, name) ? Coverage.ALL : Coverage.NONE;
    }

    /**
     * Whether there is something of that kind that the principal may do it to, as far as rules can
     * tell.
     */
    default boolean allowsSome(
            Principal principal, Credentials.Peer peer, Action action, Resource.Kind kind) {
        return allows(principal, peer, action, new Resource(kind, ""));
    }

    /** Changes whenever an answer of {@link #allows} or {@link #coverage} may have changed. */
    default long generation() {
        return 0;
    }

    /** The same, with the rule that decided. */
    Decision why(Principal principal, Credentials.Peer peer, Action action, Resource resource);

    /** How an authentication ended. */
    sealed interface AuthResult {
        record Accepted(Principal principal) implements AuthResult {}

        /**
         * @param reason for the log; what the client is told is its protocol's to say
         */
        record Refused(Reason reason, String detail) implements AuthResult {}
    }

    /** Why someone was refused. */
    enum Reason {
        BAD_CREDENTIALS,
        EXPIRED,
        BANNED,
        TOO_MANY_FAILURES,
        UNAVAILABLE
    }

    /** Of what a filter matches, the part that may be read. */
    enum Coverage {
        /** Everything. */
        ALL,
        /** A rule grants all of it, others deny some subjects of it. */
        EXCEPT,
        /** Nothing, or no rule grants all of it. */
        NONE
    }

    /**
     * What may be done to a resource. Who may read, write, delete or alter something may describe
     * it; who may alter its configuration may read that.
     */
    enum Action {
        READ,
        WRITE,
        CREATE,
        DELETE,
        ALTER,
        DESCRIBE,
        DESCRIBE_CONFIGS,
        ALTER_CONFIGS,
        CLUSTER_ACTION,
        IDEMPOTENT_WRITE,
        CREATE_TOKENS,
        DESCRIBE_TOKENS,
        TWO_PHASE_COMMIT,
        ADMIN
    }

    /**
     * What it is done to. Names are subjects in dotted spelling, or plain names. A topic and the
     * subject of the same name are one thing to the rules.
     *
     * @param within what the name is looked at in: a routing key's exchange, the queue group that a
     *     subject is subscribed with; empty for none
     */
    record Resource(Kind kind, String name, String within) {

        public Resource(Kind kind, String name) {
            this(kind, name, "");
        }

        public enum Kind {
            SUBJECT,
            TOPIC,
            QUEUE,
            EXCHANGE,
            ROUTING_KEY,
            GROUP,
            TRANSACTION,
            CLUSTER,
            TENANT,
            USER,
            DELEGATION_TOKEN
        }
    }

    /**
     * @param rule the deciding rule in words, or why none decided
     * @param byRule whether somebody wrote a rule that decided it
     */
    record Decision(boolean allowed, String rule, boolean byRule) {
        public Decision(boolean allowed, String rule) {
            this(allowed, rule, false);
        }
    }

    /** The two SCRAM mechanisms. */
    enum ScramMechanism {
        SHA_256,
        SHA_512
    }

    /** One SCRAM conversation; not for several threads at once. */
    interface ScramExchange {
        /** The next server message; never null. After the last one {@link #result} is set. */
        byte[] step(byte[] clientMessage) throws ScramException;

        java.util.Optional<AuthResult> result();
    }

    /** The conversation broke a rule of SCRAM. */
    final class ScramException extends Exception {
        private static final long serialVersionUID = 1L;

        public ScramException(String message) {
            super(message);
        }
    }
}
