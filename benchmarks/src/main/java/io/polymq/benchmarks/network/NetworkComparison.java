package io.polymq.benchmarks.network;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Measures the network server and a bare Netty handler side by side, interleaved, on each
 * transport; prints medians as a table. Arguments: rounds, milliseconds of each measurement, and
 * the names of transports to take (all by default).
 */
public final class NetworkComparison {

    private static final int WARM_UP_MILLIS = 1000;

    /** One measurement: messages a second, and the server's processor time for a million. */
    private record Result(double perSecond, double cpuPerMillion) {}

    private final Keys keys = new Keys();
    private final Path folder = Files.createTempDirectory("polymq-bench");
    private final int millis;

    private NetworkComparison(int millis) throws Exception {
        this.millis = millis;
    }

    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
        int millis = args.length > 1 ? Integer.parseInt(args[1]) : 1500;
        List<Wire> wires = new ArrayList<>();
        for (int i = 2; i < args.length; i++) {
            wires.add(Wire.valueOf(args[i].toUpperCase(Locale.ROOT)));
        }
        NetworkComparison comparison = new NetworkComparison(millis);
        System.out.println(
                "| scenario | transport | bare M/s | PolyMQ M/s | ratio | bare CPU s/M | PolyMQ CPU"
                        + " s/M |");
        System.out.println("|---|---|---|---|---|---|---|");
        for (boolean fansOut : new boolean[] {false, true}) {
            for (Wire wire : wires.isEmpty() ? List.of(Wire.values()) : wires) {
                comparison.compare(wire, fansOut, rounds);
            }
        }
    }

    private void compare(Wire wire, boolean fansOut, int rounds) throws Exception {
        List<Result> bare = new ArrayList<>();
        List<Result> ours = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            try (Subject subject = new BareSubject(wire, fansOut, keys, folder)) {
                bare.add(measure(wire, fansOut, subject));
            }
            try (Subject subject = new PolyMqSubject(wire, fansOut, keys, folder)) {
                ours.add(measure(wire, fansOut, subject));
            }
        }
        Result bareMedian = median(bare);
        Result oursMedian = median(ours);
        System.out.printf(
                Locale.ROOT,
                "| %s | %s | %.2f | %.2f | %.2f | %.3f | %.3f |%n",
                fansOut ? "fan-out 1:10, 128 B" : "echo, 128 B",
                wire.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                bareMedian.perSecond() / 1e6,
                oursMedian.perSecond() / 1e6,
                oursMedian.perSecond() / bareMedian.perSecond(),
                bareMedian.cpuPerMillion(),
                oursMedian.cpuPerMillion());
    }

    private static Result median(List<Result> results) {
        List<Result> sorted = new ArrayList<>(results);
        sorted.sort((one, two) -> Double.compare(one.perSecond(), two.perSecond()));
        return sorted.get(sorted.size() / 2);
    }

    private Result measure(Wire wire, boolean fansOut, Subject subject) throws Exception {
        try (Load load = new Load(wire, subject.address())) {
            if (fansOut) {
                load.fanOut();
            } else {
                load.echo();
            }
            Thread.sleep(WARM_UP_MILLIS);
            long start = System.nanoTime();
            long before = load.received();
            long cpuBefore = cpuNanos(subject.threadPrefix());
            Thread.sleep(millis);
            long messages = load.received() - before;
            double cpu = cpuNanos(subject.threadPrefix()) - cpuBefore;
            double seconds = (System.nanoTime() - start) / 1e9;
            return new Result(messages / seconds, cpu / 1e9 / (messages / 1e6));
        }
    }

    private static long cpuNanos(String threadPrefix) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long nanos = 0;
        for (long id : threads.getAllThreadIds()) {
            var info = threads.getThreadInfo(id);
            if (info != null && info.getThreadName().startsWith(threadPrefix)) {
                nanos += threads.getThreadCpuTime(id);
            }
        }
        return nanos;
    }
}
