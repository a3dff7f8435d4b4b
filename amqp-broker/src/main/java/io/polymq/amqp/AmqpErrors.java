package io.polymq.amqp;

import io.polymq.amqp.model.ModelException;
import io.polymq.codec.amqp.AmqpException;
import io.polymq.codec.amqp.ReplyCode;
import io.polymq.core.queue.QueueException;
import io.polymq.core.topic.TopicException;
import io.polymq.network.CloseReason;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** What goes wrong, as reply codes and texts. Stateless. */
final class AmqpErrors {

    /**
     * What a peer is told.
     *
     * @param text as it goes over the wire, with the code's word in front
     * @param connection whether the whole connection ends
     */
    record Told(ReplyCode code, String text, boolean connection) {}

    private AmqpErrors() {}

    static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    static Told of(Throwable failure) {
        return switch (cause(failure)) {
            case AmqpException e -> told(e.code(), String.valueOf(e.getMessage()));
            case ModelException e -> told(code(e.kind()), String.valueOf(e.getMessage()));
            case TopicException e ->
                    told(ReplyCode.PRECONDITION_FAILED, String.valueOf(e.getMessage()));
            case QueueException e when e.kind() == QueueException.Kind.CLOSED ->
                    told(ReplyCode.NOT_FOUND, "the queue was deleted");
            case QueueException e -> told(ReplyCode.RESOURCE_ERROR, String.valueOf(e.getMessage()));
            default -> told(ReplyCode.INTERNAL_ERROR, "the broker failed");
        };
    }

    private static Told told(ReplyCode code, String text) {
        return new Told(code, code.word() + " - " + text, endsConnection(code));
    }

    static boolean endsConnection(ReplyCode code) {
        return code.number() >= 500 && code != ReplyCode.RESOURCE_ERROR
                || code == ReplyCode.CONNECTION_FORCED
                || code == ReplyCode.INVALID_PATH;
    }

    private static ReplyCode code(ModelException.Kind kind) {
        return switch (kind) {
            case NOT_FOUND -> ReplyCode.NOT_FOUND;
            case ACCESS_REFUSED -> ReplyCode.ACCESS_REFUSED;
            case RESOURCE_LOCKED -> ReplyCode.RESOURCE_LOCKED;
            case PRECONDITION_FAILED -> ReplyCode.PRECONDITION_FAILED;
            case COMMAND_INVALID -> ReplyCode.COMMAND_INVALID;
            case NOT_ALLOWED -> ReplyCode.NOT_ALLOWED;
            case NOT_IMPLEMENTED -> ReplyCode.NOT_IMPLEMENTED;
            case RESOURCE_ERROR -> ReplyCode.RESOURCE_ERROR;
            case INTERNAL -> ReplyCode.INTERNAL_ERROR;
        };
    }

    /** What a client is told whose connection the server ends. */
    static Told of(CloseReason reason) {
        return switch (reason.kind()) {
            case SHUTDOWN ->
                    told(
                            ReplyCode.CONNECTION_FORCED,
                            "broker forced connection closure with reason" + " 'shutdown'");
            case KICKED, BANNED, TAKEN_OVER ->
                    told(
                            ReplyCode.CONNECTION_FORCED,
                            reason.detail().isEmpty() ? "closed by the server" : reason.detail());
            case TOO_LARGE -> told(ReplyCode.FRAME_ERROR, "a frame is too large");
            case LIMIT_EXCEEDED -> told(ReplyCode.NOT_ALLOWED, reason.detail());
            case SLOW_CONSUMER, INTERNAL_ERROR -> told(ReplyCode.RESOURCE_ERROR, reason.detail());
            case IDLE, LOGIN_TIMEOUT, NOT_AUTHENTICATED ->
                    told(ReplyCode.CONNECTION_FORCED, reason.detail());
            case PEER_CLOSED, PEER_LOST, CLIENT_REQUEST, PROTOCOL_ERROR ->
                    told(ReplyCode.CONNECTION_FORCED, reason.detail());
        };
    }

    /** Whether it only says that a delivery was settled, or handed to another, before. */
    static boolean isSettledElsewhere(Throwable failure) {
        return cause(failure) instanceof QueueException e
                && e.kind() == QueueException.Kind.NOT_HELD;
    }

    static ModelException notAllowed(String text) {
        return new ModelException(ModelException.Kind.NOT_ALLOWED, text);
    }

    static ModelException precondition(String text) {
        return new ModelException(ModelException.Kind.PRECONDITION_FAILED, text);
    }

    static ModelException notImplemented(String text) {
        return new ModelException(ModelException.Kind.NOT_IMPLEMENTED, text);
    }
}
