package io.polymq.codec.kafka;

/** A client broke the protocol in a way that only closing answers. */
public final class KafkaProtocolException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What was wrong. */
    public enum Reason {
        FRAME_LENGTH,
        UNKNOWN_KEY,
        UNSUPPORTED_VERSION,
        MALFORMED
    }

    private final Reason reason;

    public KafkaProtocolException(Reason reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
