package io.polymq.nats.jetstream.stream;

import io.polymq.core.subject.Subject;
import org.jspecify.annotations.Nullable;

/**
 * A message as a stream holds it. Immutable.
 *
 * @param headers a NATS header block, empty when it has none; not to be written to
 * @param time milliseconds since 1970
 */
public record StreamMessage(
        long sequence, Subject subject, byte[] headers, byte[] payload, long time) {

    public static final byte[] NOTHING = new byte[0];
    private static final int OVERHEAD = 16;
    private static final int FILE_OVERHEAD = 30;
    private static final int FILE_HEADER_OVERHEAD = 34;

    /** What it counts for in limits and sums. */
    public static int size(boolean memory, int subject, int headers, int payload) {
        int overhead = memory ? OVERHEAD : headers == 0 ? FILE_OVERHEAD : FILE_HEADER_OVERHEAD;
        return subject + headers + payload + overhead;
    }

    int size(boolean memory) {
        return size(memory, subject.length(), headers.length, payload.length);
    }

    /** The value of its first header line with that name. */
    public @Nullable String header(String name) {
        return HeaderBlock.first(headers, name);
    }
}
