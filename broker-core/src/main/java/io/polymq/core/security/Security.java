package io.polymq.core.security;

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

    /** What may be done to a resource. */
    enum Action {
        READ,
        WRITE,
        CREATE,
        DELETE,
        ALTER,
        DESCRIBE,
        ADMIN
    }

    /** What it is done to. Names are subjects in dotted spelling, or plain names. */
    record Resource(Kind kind, String name) {
        public enum Kind {
            SUBJECT,
            TOPIC,
            QUEUE,
            EXCHANGE,
            GROUP,
            TRANSACTION,
            CLUSTER,
            TENANT
        }
    }

    /**
     * @param rule the deciding rule in words
     */
    record Decision(boolean allowed, String rule) {}

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
