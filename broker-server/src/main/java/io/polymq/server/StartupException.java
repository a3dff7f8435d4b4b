package io.polymq.server;

import org.jspecify.annotations.Nullable;

/** The broker cannot start; the message is one sentence for whoever started it. */
public final class StartupException extends Exception {
    private static final long serialVersionUID = 1L;

    private final ExitCode exitCode;

    StartupException(ExitCode exitCode, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /** Takes over the sentence of another exception that is meant for people. */
    StartupException(ExitCode exitCode, Exception cause) {
        this(exitCode, String.valueOf(cause.getMessage()), cause);
    }

    ExitCode exitCode() {
        return exitCode;
    }
}
