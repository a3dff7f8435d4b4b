package io.polymq.benchmarks.router;

/**
 * A million subscriptions in MQTT's spelling: devices at sites, nine in ten exact, the others half
 * with a wildcard for one level, half with one for the rest. Each device has its own, so that a
 * publish matches one or two of them: what is measured is finding, not delivering.
 */
final class SubscriptionLoad {

    static final int SITES = 1_000;
    static final int DEVICES = 1_000;
    private static final String[] METRICS = {"temperature", "pressure", "state"};

    private SubscriptionLoad() {}

    static int size() {
        return SITES * DEVICES;
    }

    static String filter(int number) {
        String site = "site/s" + number / DEVICES;
        String device = "d" + number % DEVICES;
        return switch (number % 20) {
            case 0 -> site + "/dev/" + device + "/#";
            case 1 -> site + "/+/" + device + "/" + metric(number);
            default -> site + "/dev/" + device + "/" + metric(number);
        };
    }

    /** The topic that the subscription of that number matches. */
    static String topic(int number) {
        return "site/s" + number / DEVICES + "/dev/d" + number % DEVICES + "/" + metric(number);
    }

    private static String metric(int number) {
        return METRICS[number % METRICS.length];
    }
}
