package io.polymq.server;

/** How the process ends, after sysexits.h where that has a number. */
enum ExitCode {
    OK(0),
    /** Told to end, but not everything was flushed in time. */
    NOT_DRAINED(1),
    /** The command line is wrong. */
    USAGE(64),
    /** A port is taken or an address does not exist. */
    UNAVAILABLE(69),
    /** A fault of the broker. */
    SOFTWARE(70),
    /** The data path cannot be made or written. */
    CANNOT_CREATE(73),
    /** What is kept under the data path, or in the metadata service, cannot be read. */
    DATA(74),
    /** Another broker uses the data path. */
    IN_USE(75),
    /** The configuration, a certificate or the Java version is wrong. */
    CONFIGURATION(78);

    private final int number;

    ExitCode(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
