package io.polymq.meta.etcd;

import io.grpc.Status;
import io.polymq.meta.MetadataException;
import io.polymq.meta.MetadataException.Reason;

/** What etcd's statuses mean: the one place that reads them. */
final class Failures {

    private Failures() {}

    /** Another member, or the same one a moment later, may well answer. */
    static boolean isMembersFault(Status status) {
        return switch (status.getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, UNKNOWN, CANCELLED, ABORTED -> true;
            case RESOURCE_EXHAUSTED -> describes(status, "too many requests");
            default -> false;
        };
    }

    /** Refused before it was proposed to the cluster. */
    static boolean saysNothingHappened(Status status) {
        return describes(status, "no leader") || describes(status, "too many requests");
    }

    static boolean isTokenRefused(Status status) {
        return status.getCode() == Status.Code.UNAUTHENTICATED
                || describes(status, "user name is empty")
                || describes(status, "invalid auth token");
    }

    static boolean isCompacted(Throwable failure) {
        return failure instanceof MetadataException known
                && known.getCause() != null
                && describes(Status.fromThrowable(known.getCause()), "compacted");
    }

    static MetadataException of(Status status) {
        if (describes(status, "requested lease not found")) {
            return failure(Reason.NO_SUCH_LEASE, "the lease has ended", status);
        }
        return failure(Reason.REFUSED, "etcd refused: " + words(status), status);
    }

    static MetadataException unknown(Status status) {
        return failure(
                Reason.UNKNOWN_OUTCOME,
                "the answer of etcd was lost, the change may have happened: " + words(status),
                status);
    }

    static MetadataException unavailable(Status status) {
        return failure(Reason.UNAVAILABLE, "no member of etcd answers: " + words(status), status);
    }

    private static MetadataException failure(Reason reason, String message, Status status) {
        return new MetadataException(reason, message, status.asRuntimeException());
    }

    private static boolean describes(Status status, String words) {
        String description = status.getDescription();
        return description != null && description.contains(words);
    }

    private static String words(Status status) {
        String description = status.getDescription();
        return description == null ? status.getCode().toString() : description;
    }
}
