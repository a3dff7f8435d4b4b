package io.polymq.benchmarks.nats;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Two servers in turn, medians of so many rounds after one that does not count.
 *
 * <pre>NatsComparison ROUNDS POLYMQ_PORT POLYMQ_PID OTHER_PORT OTHER_PID</pre>
 */
public final class NatsComparison {

    private static final PrintStream OUT = System.out;

    private record Server(NatsLoad load, long pid) {

        double cpuSeconds() {
            return ProcessHandle.of(pid)
                            .flatMap(process -> process.info().totalCpuDuration())
                            .orElse(Duration.ZERO)
                            .toNanos()
                    / 1e9;
        }
    }

    /** One scenario: figures of a run, and how many messages it delivered. */
    private interface Scenario {
        double[] run(NatsLoad load) throws IOException;
    }

    private NatsComparison() {}

    public static void main(String[] args) throws IOException {
        int rounds = Integer.parseInt(args[0]);
        List<Server> servers =
                List.of(
                        new Server(load(args[1]), Long.parseLong(args[2])),
                        new Server(load(args[3]), Long.parseLong(args[4])));
        fan("publish only, 16 B", servers, rounds, 10_000_000, 16, 0);
        fan("1:1, 128 B", servers, rounds, 2_000_000, 128, 1);
        fan("1:10, 128 B", servers, rounds, 300_000, 128, 10);
        fan("1:100, 1 KiB", servers, rounds, 20_000, 1_024, 100);
        requests("request and reply, 1 client", servers, rounds, 10_000, 1);
        requests("request and reply, 20 clients", servers, rounds, 2_000, 20);
    }

    private static NatsLoad load(String port) {
        return new NatsLoad(new InetSocketAddress("127.0.0.1", Integer.parseInt(port)));
    }

    private static void fan(
            String name, List<Server> servers, int rounds, int messages, int size, int subscribers)
            throws IOException {
        double million = messages * (double) Math.max(1, subscribers) / 1e6;
        double[][] medians =
                play(
                        servers,
                        rounds,
                        million,
                        load ->
                                new double[] {
                                    load.fanOut(messages, size, subscribers).perSecond()
                                });
        OUT.printf(
                "| %s | %.2f M/s | %.2f M/s | x%.2f | %.3f | %.3f |%n",
                name,
                medians[0][0] / 1e6,
                medians[1][0] / 1e6,
                medians[0][0] / medians[1][0],
                medians[0][1],
                medians[1][1]);
    }

    private static void requests(
            String name, List<Server> servers, int rounds, int each, int clients)
            throws IOException {
        double[][] medians =
                play(
                        servers,
                        rounds,
                        each * (double) clients / 1e6,
                        load -> {
                            NatsLoad.Latency one = load.requests(each, 16, clients);
                            return new double[] {one.median(), one.p99()};
                        });
        OUT.printf(
                "| %s | p50 %.0f, p99 %.0f us | p50 %.0f, p99 %.0f us | x%.2f, x%.2f | %.1f | %.1f"
                        + " |%n",
                name,
                medians[0][0],
                medians[0][1],
                medians[1][0],
                medians[1][1],
                medians[0][0] / medians[1][0],
                medians[0][1] / medians[1][1],
                medians[0][2],
                medians[1][2]);
    }

    /** For each server the medians of the figures, and of CPU seconds for a million messages. */
    private static double[][] play(
            List<Server> servers, int rounds, double million, Scenario scenario)
            throws IOException {
        List<List<double[]>> runs = List.of(new ArrayList<>(), new ArrayList<>());
        for (int round = 0; round <= rounds; round++) {
            for (int i = 0; i < servers.size(); i++) {
                Server server = servers.get(i);
                double before = server.cpuSeconds();
                double[] figures = scenario.run(server.load());
                double[] all = Arrays.copyOf(figures, figures.length + 1);
                all[figures.length] = (server.cpuSeconds() - before) / million;
                if (round > 0) {
                    runs.get(i).add(all);
                }
            }
        }
        return new double[][] {medians(runs.get(0)), medians(runs.get(1))};
    }

    private static double[] medians(List<double[]> runs) {
        double[] medians = new double[runs.getFirst().length];
        for (int i = 0; i < medians.length; i++) {
            int column = i;
            double[] sorted = runs.stream().mapToDouble(run -> run[column]).sorted().toArray();
            medians[i] = sorted[sorted.length / 2];
        }
        return medians;
    }
}
