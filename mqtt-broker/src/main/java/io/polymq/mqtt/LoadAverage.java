package io.polymq.mqtt;

/** How many a minute, averaged over 1, 5 and 15 minutes, as an operating system's load is. */
final class LoadAverage {

    private static final double[] MINUTES = {1, 5, 15};

    private final double[] averages = new double[MINUTES.length];
    private long last;

    /**
     * @param total counted since the start
     * @param seconds since the last update
     */
    void update(long total, double seconds) {
        double perMinute = (total - last) * 60.0 / seconds;
        last = total;
        for (int i = 0; i < MINUTES.length; i++) {
            double keep = Math.exp(-seconds / (60.0 * MINUTES[i]));
            averages[i] = averages[i] * keep + perMinute * (1 - keep);
        }
    }

    /** As Mosquitto writes them: two digits behind the point. */
    String over(int index) {
        return String.format(java.util.Locale.ROOT, "%.2f", averages[index]);
    }

    static String name(int index) {
        return (int) MINUTES[index] + "min";
    }

    static int count() {
        return MINUTES.length;
    }
}
