package io.polymq.mq9;

/** A request that is refused; the message is the {@code error} of the reply. */
final class Mq9Exception extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Mq9Exception(String error) {
        super(error, null, false, false);
    }

    /** The text to reply with for any failure. */
    static String textOf(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null && !(cause instanceof Mq9Exception)) {
            cause = cause.getCause();
        }
        String text = cause.getMessage();
        return text == null || text.isEmpty() ? cause.getClass().getSimpleName() : text;
    }
}
