package io.polymq.nats.options;

/** A configuration file cannot be used; the message says where and why. */
public final class OptionsException extends Exception {

    private static final long serialVersionUID = 1L;

    public OptionsException(String message) {
        super(message);
    }

    OptionsException(String message, Throwable cause) {
        super(message, cause);
    }
}
