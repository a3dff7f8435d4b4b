package io.polymq.core.subject;

/** A subject or filter that its dialect does not allow. */
public final class InvalidSubjectException extends Exception {

    private static final long serialVersionUID = 1L;

    /** What is wrong with it. */
    public enum Reason {
        EMPTY,
        TOO_LONG,
        EMPTY_LEVEL,
        /** Bytes that are no UTF-8, a null character, white space where it would break framing. */
        BAD_CHARACTER,
        /** A wildcard character beside others in its level. */
        WILDCARD_IN_LEVEL,
        WILDCARD_NOT_LAST,
        /** A wildcard where a concrete subject is needed. */
        WILDCARD_IN_SUBJECT
    }

    private final Reason reason;

    public InvalidSubjectException(Reason reason) {
        super(reason.name(), null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
