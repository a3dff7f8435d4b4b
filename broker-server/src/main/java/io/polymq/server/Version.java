package io.polymq.server;

import java.util.Objects;

/** The version that the jar was built as; {@code development} outside of a jar. */
final class Version {
    private Version() {}

    static String current() {
        return Objects.requireNonNullElse(
                Version.class.getPackage().getImplementationVersion(), "development");
    }
}
