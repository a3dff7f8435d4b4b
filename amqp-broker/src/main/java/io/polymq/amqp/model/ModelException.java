package io.polymq.amqp.model;

/** A request that a virtual host refuses; the text is RabbitMQ's, without the code's word. */
public final class ModelException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What dialects map onto their own codes. */
    public enum Kind {
        NOT_FOUND,
        ACCESS_REFUSED,
        RESOURCE_LOCKED,
        PRECONDITION_FAILED,
        /** Ends the connection in 0-9-1. */
        COMMAND_INVALID,
        /** Ends the connection in 0-9-1. */
        NOT_ALLOWED,
        /** Ends the connection in 0-9-1. */
        NOT_IMPLEMENTED,
        RESOURCE_ERROR,
        INTERNAL
    }

    private final Kind kind;

    public ModelException(Kind kind, String text) {
        super(text, null, false, false);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }

    static ModelException precondition(String text) {
        return new ModelException(Kind.PRECONDITION_FAILED, text);
    }
}
