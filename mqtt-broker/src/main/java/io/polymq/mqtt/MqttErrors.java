package io.polymq.mqtt;

import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.core.queue.QueueException;
import io.polymq.core.security.Security;
import io.polymq.core.service.RetainedMessages;
import io.polymq.network.CloseReason;
import io.polymq.storage.StorageException;

/** The one place where reasons become codes of the wire. Stateless. */
final class MqttErrors {

    /** Return codes of CONNACK before version 5 (3.1.1, 3.2.2.3). */
    static final int ACCEPTED = 0;

    static final int UNACCEPTABLE_PROTOCOL_VERSION = 1;
    static final int IDENTIFIER_REJECTED = 2;
    static final int SERVER_UNAVAILABLE = 3;
    static final int NOT_AUTHORIZED = 5;

    private MqttErrors() {}

    /** What a version 5 client hears when its connection ends for that reason. */
    static ReasonCode toReason(CloseReason.Kind kind) {
        return switch (kind) {
            case PEER_CLOSED, PEER_LOST, CLIENT_REQUEST -> ReasonCode.SUCCESS;
            case PROTOCOL_ERROR -> ReasonCode.PROTOCOL_ERROR;
            case TOO_LARGE -> ReasonCode.PACKET_TOO_LARGE;
            case NOT_AUTHENTICATED -> ReasonCode.NOT_AUTHORIZED;
            case LOGIN_TIMEOUT -> ReasonCode.MAXIMUM_CONNECT_TIME;
            case IDLE -> ReasonCode.KEEP_ALIVE_TIMEOUT;
            case SLOW_CONSUMER, LIMIT_EXCEEDED -> ReasonCode.QUOTA_EXCEEDED;
            case TAKEN_OVER -> ReasonCode.SESSION_TAKEN_OVER;
            case KICKED, BANNED -> ReasonCode.ADMINISTRATIVE_ACTION;
            case SHUTDOWN -> ReasonCode.SERVER_SHUTTING_DOWN;
            case INTERNAL_ERROR -> ReasonCode.UNSPECIFIED_ERROR;
        };
    }

    /** The kind of ending behind a reason that the broker found. */
    static CloseReason.Kind toKind(ReasonCode reason) {
        return switch (reason) {
            case PACKET_TOO_LARGE -> CloseReason.Kind.TOO_LARGE;
            case NOT_AUTHORIZED, BAD_USER_NAME_OR_PASSWORD, BAD_AUTHENTICATION_METHOD ->
                    CloseReason.Kind.NOT_AUTHENTICATED;
            case BANNED -> CloseReason.Kind.BANNED;
            case QUOTA_EXCEEDED,
                    RECEIVE_MAXIMUM_EXCEEDED,
                    MESSAGE_RATE_TOO_HIGH,
                    CONNECTION_RATE_EXCEEDED ->
                    CloseReason.Kind.LIMIT_EXCEEDED;
            case KEEP_ALIVE_TIMEOUT -> CloseReason.Kind.IDLE;
            case SESSION_TAKEN_OVER -> CloseReason.Kind.TAKEN_OVER;
            case UNSPECIFIED_ERROR, IMPLEMENTATION_SPECIFIC_ERROR, SERVER_UNAVAILABLE ->
                    CloseReason.Kind.INTERNAL_ERROR;
            default -> CloseReason.Kind.PROTOCOL_ERROR;
        };
    }

    /**
     * @param named whether the client brought a user name or a password that could be wrong
     */
    static ReasonCode toReason(Security.Reason reason, boolean named) {
        return switch (reason) {
            case BAD_CREDENTIALS, EXPIRED ->
                    named ? ReasonCode.BAD_USER_NAME_OR_PASSWORD : ReasonCode.NOT_AUTHORIZED;
            case BANNED -> ReasonCode.BANNED;
            case TOO_MANY_FAILURES -> ReasonCode.CONNECTION_RATE_EXCEEDED;
            case UNAVAILABLE -> ReasonCode.SERVER_UNAVAILABLE;
        };
    }

    /** A publish that could not be made safe. */
    static ReasonCode toReason(Throwable failure) {
        if (failure instanceof StorageException storage) {
            return switch (storage.kind()) {
                case FULL, OVERLOADED, QUOTA -> ReasonCode.QUOTA_EXCEEDED;
                case TOO_LARGE -> ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR;
                default -> ReasonCode.UNSPECIFIED_ERROR;
            };
        }
        if (failure instanceof QueueException queue) {
            return switch (queue.kind()) {
                case FULL, OVERLOADED, QUOTA -> ReasonCode.QUOTA_EXCEEDED;
                default -> ReasonCode.UNSPECIFIED_ERROR;
            };
        }
        return failure instanceof RetainedMessages.RetainedException
                ? ReasonCode.QUOTA_EXCEEDED
                : ReasonCode.UNSPECIFIED_ERROR;
    }

    /** The return code of CONNACK that says the same to a version 3 client. */
    static int toReturnCode(ReasonCode reason) {
        return switch (reason) {
            case SUCCESS -> ACCEPTED;
            case UNSUPPORTED_PROTOCOL_VERSION -> UNACCEPTABLE_PROTOCOL_VERSION;
            case CLIENT_IDENTIFIER_NOT_VALID -> IDENTIFIER_REJECTED;
            // 4 would be a name or password that is malformed (3.1.1, table 3.1), not a wrong one
            case BAD_USER_NAME_OR_PASSWORD,
                    NOT_AUTHORIZED,
                    BANNED,
                    BAD_AUTHENTICATION_METHOD,
                    PACKET_TOO_LARGE,
                    RETAIN_NOT_SUPPORTED,
                    QOS_NOT_SUPPORTED ->
                    NOT_AUTHORIZED;
            default -> SERVER_UNAVAILABLE;
        };
    }
}
