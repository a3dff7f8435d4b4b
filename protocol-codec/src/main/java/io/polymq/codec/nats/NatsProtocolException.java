package io.polymq.codec.nats;

/** A client broke the protocol in a way that ends its connection. */
public final class NatsProtocolException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What was broken; the broker knows what the client is told of it. */
    public enum Reason {
        UNKNOWN_OPERATION,
        CONTROL_LINE_TOO_LONG,
        PAYLOAD_TOO_LARGE,
        /** Arguments that cannot be read; the connection ends without a word. */
        BAD_ARGUMENTS
    }

    private final Reason reason;

    public NatsProtocolException(Reason reason, String detail) {
        super(detail, null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
