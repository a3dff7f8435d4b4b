package io.polymq.amqp.v1.type;

/** Bytes that are not what AMQP 1.0 says they must be; without a stack trace, as peers cause it. */
public final class DecodeException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What is wrong. */
    public enum Reason {
        /** A value ends behind the end of what holds it. */
        CUT_OFF,
        /** A constructor that AMQP 1.0 does not have. */
        UNKNOWN_TYPE,
        /** Values within values beyond any use. */
        TOO_DEEP,
        /** More elements than may be. */
        TOO_MANY,
        /** A section that must not be, or not here. */
        BAD_SECTION
    }

    private final Reason reason;

    public DecodeException(Reason reason, String text) {
        super(text, null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
