package io.polymq.admin;

/** The admin port cannot be opened; the message is one sentence for people. */
public final class AdminException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    AdminException(String message, Throwable cause) {
        super(message, cause);
    }
}
