package io.polymq.nats.jetstream.api;

/** A request or a publish that is refused in JetStream's words. Without a stack trace. */
public final class ApiException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final ApiError error;
    private final String description;

    ApiException(ApiError error, String description) {
        super(description, null, false, false);
        this.error = error;
        this.description = description;
    }

    public ApiError error() {
        return error;
    }

    public String description() {
        return description;
    }
}
