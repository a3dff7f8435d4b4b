package io.polymq.amqp.v1.filter;

/** A filter that cannot be understood; without a stack trace, as peers cause it. */
public final class FilterException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    FilterException(String text) {
        super(text, null, false, false);
    }
}
