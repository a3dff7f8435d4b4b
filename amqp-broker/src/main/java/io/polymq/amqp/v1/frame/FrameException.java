package io.polymq.amqp.v1.frame;

/**
 * A peer's fault, with the condition that it is told and how much ends with it: the link, the
 * session or the connection. Without a stack trace, as peers cause it.
 */
public final class FrameException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What ends. */
    public enum Level {
        LINK,
        SESSION,
        CONNECTION
    }

    private final Level level;
    private final Condition condition;

    private FrameException(Level level, Condition condition, String text) {
        super(text, null, false, false);
        this.level = level;
        this.condition = condition;
    }

    public static FrameException link(Condition condition, String text) {
        return new FrameException(Level.LINK, condition, text);
    }

    public static FrameException session(Condition condition, String text) {
        return new FrameException(Level.SESSION, condition, text);
    }

    public static FrameException connection(Condition condition, String text) {
        return new FrameException(Level.CONNECTION, condition, text);
    }

    public Level level() {
        return level;
    }

    public Condition condition() {
        return condition;
    }

    public ErrorInfo info() {
        return ErrorInfo.of(condition, String.valueOf(getMessage()));
    }
}
