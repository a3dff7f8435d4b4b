package io.polymq.kafka.security;

import io.polymq.core.security.Principal;
import java.util.concurrent.CompletionStage;

/** One login by SASL: the client's tokens and what is answered. One step at a time. */
@FunctionalInterface
public interface SaslDialog {

    /** Completes at once, or on another thread when the answer takes long. */
    CompletionStage<Step> next(byte[] token);

    /** What comes of a token. */
    sealed interface Step {

        /** The dialog goes on. */
        record More(byte[] challenge) implements Step {}

        /**
         * It is known who the client is.
         *
         * @param endsAt when what it has shown ceases to be valid, in milliseconds since 1970; -1
         *     for never
         * @param byToken whether it has shown a delegation token
         */
        record Accepted(byte[] last, Principal principal, long endsAt, boolean byToken)
                implements Step {}

        /** It is not let in, and told why in these words. */
        record Refused(String message) implements Step {}
    }
}
