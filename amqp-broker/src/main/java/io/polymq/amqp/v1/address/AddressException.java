package io.polymq.amqp.v1.address;

/** An address that means nothing; without a stack trace, as peers cause it. */
public final class AddressException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    AddressException(String text) {
        super(text, null, false, false);
    }
}
