package io.polymq.server;

/**
 * The command line of the broker; {@code io.polymq.launcher.Main} calls it once Java is known to be
 * new enough.
 */
public final class PolyMq {
    private static final int EXIT_USAGE = 64; // EX_USAGE of sysexits.h

    private PolyMq() {}

    public static void main(String[] args) {
        String command = args.length == 0 ? "server" : args[0];
        switch (command) {
            case "--version" -> System.out.println("PolyMQ " + version());
            // Run once by bin/polymq for the JVM's ahead-of-time cache: loads what a start loads,
            // then ends.
            case "train" -> System.out.println("nothing to train yet");
            default -> {
                System.err.println("polymq: the command '" + command + "' does not exist yet.");
                System.exit(EXIT_USAGE);
            }
        }
    }

    private static String version() {
        String version = PolyMq.class.getPackage().getImplementationVersion();
        return version == null ? "(development)" : version;
    }
}
