package io.polymq.codec.amqp;

/**
 * Reply codes of close and return methods. Those of 500 and more, 320 and 402 end connections, the
 * rest channels.
 */
public enum ReplyCode {
    OK(200, "OK"),
    CONTENT_TOO_LARGE(311, "CONTENT_TOO_LARGE"),
    NO_ROUTE(312, "NO_ROUTE"),
    NO_CONSUMERS(313, "NO_CONSUMERS"),
    CONNECTION_FORCED(320, "CONNECTION_FORCED"),
    INVALID_PATH(402, "INVALID_PATH"),
    ACCESS_REFUSED(403, "ACCESS_REFUSED"),
    NOT_FOUND(404, "NOT_FOUND"),
    RESOURCE_LOCKED(405, "RESOURCE_LOCKED"),
    PRECONDITION_FAILED(406, "PRECONDITION_FAILED"),
    FRAME_ERROR(501, "FRAME_ERROR"),
    SYNTAX_ERROR(502, "SYNTAX_ERROR"),
    COMMAND_INVALID(503, "COMMAND_INVALID"),
    CHANNEL_ERROR(504, "CHANNEL_ERROR"),
    UNEXPECTED_FRAME(505, "UNEXPECTED_FRAME"),
    RESOURCE_ERROR(506, "RESOURCE_ERROR"),
    NOT_ALLOWED(530, "NOT_ALLOWED"),
    NOT_IMPLEMENTED(540, "NOT_IMPLEMENTED"),
    INTERNAL_ERROR(541, "INTERNAL_ERROR");

    private final int number;
    private final String word;

    ReplyCode(int number, String word) {
        this.number = number;
        this.word = word;
    }

    public int number() {
        return number;
    }

    /** The word that texts begin with. */
    public String word() {
        return word;
    }
}
