package io.polymq.core.admin;

/** A request that cannot be answered as asked; the message is one sentence for who asked. */
public final class AdminRefusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    public AdminRefusal(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    public static AdminRefusal badRequest(String message) {
        return new AdminRefusal(400, message);
    }

    public static AdminRefusal notFound(String message) {
        return new AdminRefusal(404, message);
    }

    public int status() {
        return status;
    }
}
