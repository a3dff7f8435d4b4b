package io.polymq.cli;

/** How a command ends, after sysexits.h where that has a number. */
enum ExitStatus {
    OK(0),
    /**
     * It was done in part: messages that were not acknowledged, none within the time, and so on.
     */
    INCOMPLETE(1),
    /** The command line is wrong. */
    USAGE(64),
    /** The broker took what was asked for a mistake, or it stands against what is there. */
    REFUSED(65),
    /** What was asked for is not there. */
    NOT_FOUND(66),
    /** Nobody answers at that address, or the connection broke. */
    UNAVAILABLE(69),
    /** A fault: of this program, or one that the broker tells. */
    SOFTWARE(70),
    /** A file cannot be written. */
    CANNOT_CREATE(73),
    /** A file cannot be read. */
    IO(74),
    /** It took too long, or the broker has no room now; again later. */
    LATER(75),
    /** No login, a wrong one, or no right to do that. */
    NOT_PERMITTED(77);

    private final int number;

    ExitStatus(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
