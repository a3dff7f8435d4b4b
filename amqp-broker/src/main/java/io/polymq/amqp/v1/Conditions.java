package io.polymq.amqp.v1;

import io.polymq.amqp.model.ModelException;
import io.polymq.amqp.v1.filter.FilterException;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.ErrorInfo;
import io.polymq.amqp.v1.frame.FrameException;
import io.polymq.amqp.v1.type.DecodeException;
import io.polymq.core.queue.QueueException;
import io.polymq.core.topic.TopicException;
import io.polymq.network.CloseReason;
import io.polymq.storage.StorageException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** What goes wrong, as error conditions. Stateless. */
final class Conditions {

    private Conditions() {}

    static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    static ErrorInfo of(Throwable failure) {
        Throwable cause = cause(failure);
        String text = String.valueOf(cause.getMessage());
        return switch (cause) {
            case FrameException e -> e.info();
            case ModelException e -> ErrorInfo.of(of(e.kind()), text);
            case DecodeException e -> ErrorInfo.of(Condition.DECODE_ERROR, text);
            case FilterException e -> ErrorInfo.of(Condition.INVALID_FIELD, text);
            case TopicException e -> ErrorInfo.of(Condition.PRECONDITION_FAILED, text);
            case QueueException e -> ErrorInfo.of(of(e.kind()), text);
            case StorageException e when isLimit(e.kind()) ->
                    ErrorInfo.of(Condition.RESOURCE_LIMIT_EXCEEDED, text);
            default -> ErrorInfo.of(Condition.INTERNAL_ERROR, "the broker failed");
        };
    }

    /** What a stream that is full for now says. */
    private static boolean isLimit(StorageException.Kind kind) {
        return switch (kind) {
            case FULL, OVERLOADED, QUOTA, TOO_LARGE -> true;
            default -> false;
        };
    }

    private static Condition of(ModelException.Kind kind) {
        return switch (kind) {
            case NOT_FOUND -> Condition.NOT_FOUND;
            case ACCESS_REFUSED -> Condition.UNAUTHORIZED_ACCESS;
            case RESOURCE_LOCKED -> Condition.RESOURCE_LOCKED;
            case PRECONDITION_FAILED -> Condition.PRECONDITION_FAILED;
            case COMMAND_INVALID, NOT_ALLOWED -> Condition.NOT_ALLOWED;
            case NOT_IMPLEMENTED -> Condition.NOT_IMPLEMENTED;
            case RESOURCE_ERROR -> Condition.RESOURCE_LIMIT_EXCEEDED;
            case INTERNAL -> Condition.INTERNAL_ERROR;
        };
    }

    private static Condition of(QueueException.Kind kind) {
        return switch (kind) {
            case EXISTS -> Condition.PRECONDITION_FAILED;
            case NO_SUCH_QUEUE -> Condition.NOT_FOUND;
            case FULL, OVERLOADED, QUOTA -> Condition.RESOURCE_LIMIT_EXCEEDED;
            case EXCLUSIVE -> Condition.RESOURCE_LOCKED;
            case NOT_HELD -> Condition.ILLEGAL_STATE;
            case CLOSED -> Condition.RESOURCE_DELETED;
            case STORAGE -> Condition.INTERNAL_ERROR;
        };
    }

    /** What a client is told whose connection the server ends. */
    static ErrorInfo of(CloseReason reason) {
        String text = reason.detail();
        return switch (reason.kind()) {
            case TOO_LARGE -> ErrorInfo.of(Condition.FRAMING_ERROR, "a frame is too large");
            case IDLE ->
                    ErrorInfo.of(
                            Condition.RESOURCE_LIMIT_EXCEEDED, "nothing came for too long a time");
            case LIMIT_EXCEEDED, SLOW_CONSUMER ->
                    ErrorInfo.of(Condition.RESOURCE_LIMIT_EXCEEDED, text);
            case LOGIN_TIMEOUT, NOT_AUTHENTICATED, BANNED ->
                    ErrorInfo.of(Condition.UNAUTHORIZED_ACCESS, text);
            case INTERNAL_ERROR -> ErrorInfo.of(Condition.INTERNAL_ERROR, text);
            case SHUTDOWN ->
                    ErrorInfo.of(Condition.CONNECTION_FORCED, "the broker is shutting down");
            case KICKED, TAKEN_OVER, PEER_CLOSED, PEER_LOST, CLIENT_REQUEST, PROTOCOL_ERROR ->
                    ErrorInfo.of(
                            Condition.CONNECTION_FORCED,
                            text.isEmpty() ? "closed by the server" : text);
        };
    }
}
