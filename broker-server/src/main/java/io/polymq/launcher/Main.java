package io.polymq.launcher;

import java.lang.reflect.InvocationTargetException;

/**
 * The entry point of polymq.jar. Compiled for Java 8, unlike everything else, so that a Java too
 * old for the broker says so in one sentence instead of failing with an
 * UnsupportedClassVersionError. Knows the broker by name only.
 */
public final class Main {
    private static final int NEEDED = 25;
    private static final int EXIT_UNUSABLE_JAVA = 78; // EX_CONFIG of sysexits.h

    private Main() {}

    public static void main(String[] args) throws Throwable {
        String specification = System.getProperty("java.specification.version");
        if (featureVersion(specification) < NEEDED) {
            System.err.println(
                    complaint(System.getProperty("java.version"), System.getProperty("java.home")));
            System.exit(EXIT_UNUSABLE_JAVA);
        }
        try {
            Class.forName("io.polymq.server.PolyMq")
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) args);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }

    static int featureVersion(String specification) {
        String feature =
                specification.startsWith("1.") ? specification.substring(2) : specification;
        try {
            return Integer.parseInt(feature);
        } catch (NumberFormatException unknownScheme) {
            return NEEDED; // a scheme of the future: let it try
        }
    }

    static String complaint(String version, String home) {
        return "PolyMQ needs Java "
                + NEEDED
                + " or newer, and this is Java "
                + version
                + " ("
                + home
                + "): start it with bin/polymq, which finds a newer one, or with that Java's own bin/java.";
    }
}
