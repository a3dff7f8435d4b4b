package io.polymq.cli;

import org.jspecify.annotations.Nullable;

/** Why a command ends before it is done; the message is one sentence for people. */
final class CliException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ExitStatus status;

    CliException(ExitStatus status, String message) {
        this(status, message, null);
    }

    CliException(ExitStatus status, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.status = status;
    }

    ExitStatus status() {
        return status;
    }
}
