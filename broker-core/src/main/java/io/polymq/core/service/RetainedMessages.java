package io.polymq.core.service;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The last message of each subject that asked to be retained, per tenant. Any thread; look-ups read
 * memory without locks.
 */
public interface RetainedMessages {

    /**
     * Replaces the subject's message; one without payload removes it. The receipt (told to expect
     * it) is done when the store has it, or fails with a {@link RetainedException} when a limit is
     * reached.
     */
    void put(String tenant, KeptMessage message, @Nullable Receipt receipt);

    /** The subject's message unless it has expired. */
    @Nullable Retained get(String tenant, Subject subject);

    /** Every retained message that matches, a few at a time, so that a wide filter can be paced. */
    Scan scan(String tenant, Filter filter);

    long count(String tenant);

    /** Bytes of payloads, headers and subjects. */
    long bytes(String tenant);

    /** The same without what the broker itself tells, whose subjects begin with a dollar sign. */
    default long storedBytes(String tenant) {
        return bytes(tenant);
    }

    /** Removes every message of a tenant. */
    void clear(String tenant, @Nullable Receipt receipt);

    /**
     * @param storedAt milliseconds since 1970, to tell how much of an expiry is left
     */
    record Retained(KeptMessage message, long storedAt) {}

    /** A walk over the matches; for one thread at a time. Changes made meanwhile may be seen. */
    interface Scan {
        /**
         * Hands over up to so many.
         *
         * @return whether there may be more
         */
        boolean next(int max, Consumer<Retained> to);
    }

    /** A message that was not retained. */
    final class RetainedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public RetainedException(String message) {
            super(message, null, false, false);
        }
    }
}
