package io.polymq.nats.jetstream.stream;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import io.polymq.storage.AppendListener;
import io.polymq.storage.StorageException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way into a stream, and who waits for it. Made on the publisher's thread, then
 * the zone's.
 */
final class Publish implements Runnable, StreamLog.Settler {

    final KeptMessage message;
    private final Stream stream;
    private final @Nullable Receipt receipt;
    private final @Nullable AppendListener listener;
    io.polymq.core.subject.@Nullable Subject reply;
    long sequence;
    @Nullable StreamMessage stored;
    String more = "";
    long lastOfSubject;

    Publish(
            Stream stream,
            KeptMessage message,
            @Nullable Receipt receipt,
            @Nullable AppendListener listener) {
        this.stream = stream;
        this.message = message;
        this.receipt = receipt;
        this.listener = listener;
    }

    @Override
    public void run() {
        stream.publishing().take(this);
    }

    /** Its batch is safe, or is not. */
    @Override
    public void settle(@Nullable Throwable failure) {
        if (failure == null) {
            stream.publishing().acknowledged(this);
            done(null);
        } else {
            stream.publishing().failed(this, failure);
        }
    }

    /**
     * Whoever waits in the broker itself is told. A publisher of a subject, who named no stream,
     * hears success when the stream is gone: there was nothing to store it.
     */
    void done(@Nullable Throwable failure) {
        if (receipt != null) {
            receipt.done(stream.isEnded() ? null : failure);
        }
        if (listener != null) {
            StorageException cause =
                    failure == null || failure instanceof StorageException
                            ? (StorageException) failure
                            : new StorageException(
                                    StorageException.Kind.UNAVAILABLE, failure.toString(), failure);
            listener.appended(cause == null ? sequence : -1, -1, cause);
        }
    }

    /** The answer to a publish, without what is the same for all of a stream. */
    byte[] ack(String prefix) {
        return (prefix + sequence + more + '}').getBytes(StandardCharsets.UTF_8);
    }
}
