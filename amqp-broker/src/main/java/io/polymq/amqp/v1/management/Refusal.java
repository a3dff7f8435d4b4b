package io.polymq.amqp.v1.management;

/** A request that gets no better answer than a status and a sentence. */
final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    static final int BAD_REQUEST = 400;
    static final int FORBIDDEN = 403;
    static final int NOT_FOUND = 404;
    static final int CONFLICT = 409;

    private final int status;

    Refusal(int status, String text) {
        super(text, null, false, false);
        this.status = status;
    }

    int status() {
        return status;
    }

    static Refusal bad(String text) {
        return new Refusal(BAD_REQUEST, text);
    }
}
