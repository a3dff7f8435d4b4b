package io.polymq.codec.amqp;

/** A peer's fault that ends its connection, with the reply code that it is told. */
public final class AmqpException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final ReplyCode code;

    public AmqpException(ReplyCode code, String text) {
        super(text, null, false, false);
        this.code = code;
    }

    public ReplyCode code() {
        return code;
    }
}
