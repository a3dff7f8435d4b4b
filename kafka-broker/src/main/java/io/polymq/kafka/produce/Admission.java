package io.polymq.kafka.produce;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;

/** What becomes of an idempotent producer's batch. */
sealed interface Admission {

    /** To be appended; it was. */
    record Fresh() implements Admission {}

    /** One of the last five, sent again: its offset, once that is known. */
    record Again(CompletableFuture<Long> baseOffset) implements Admission {}

    record Refused(Errors error, String message) implements Admission {}
}
