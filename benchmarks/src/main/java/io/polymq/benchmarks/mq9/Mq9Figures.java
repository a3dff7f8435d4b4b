package io.polymq.benchmarks.mq9;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * Asks a running broker: {@code Mq9Figures HOST PORT [send|wake|idle NUMBER ...]}. {@code send}
 * compares SEND with a publish to a JetStream stream, both with 200 questions in flight and
 * answered after the force, in turns; {@code wake} measures from SEND to the answer of a waiting
 * FETCH; {@code idle} makes so many mailboxes.
 */
public final class Mq9Figures {

    private static final int IN_FLIGHT = 200;
    private static final int ROUNDS = 5;
    private static final int MAILBOXES = 50;
    private static final int WAKES = 2000;
    private static final byte[] PAYLOAD = "x".repeat(128).getBytes(StandardCharsets.US_ASCII);

    private Mq9Figures() {}

    public static void main(String[] args) throws IOException {
        String host = args[0];
        int port = Integer.parseInt(args[1]);
        for (int i = 2; i < args.length; i++) {
            switch (args[i]) {
                case "send" -> send(host, port);
                case "wake" -> wake(host, port);
                case "idle" -> idle(host, port, Integer.parseInt(args[++i]));
                default -> throw new IllegalArgumentException(args[i]);
            }
        }
    }

    private static void send(String host, int port) throws IOException {
        long run = System.nanoTime();
        try (Asker asker = new Asker(host, port)) {
            for (int i = 0; i < MAILBOXES; i++) {
                asker.once("$mq9.AI.MAILBOX.CREATE", "{\"name\":\"b" + run + '.' + i + "\"}");
            }
            String made =
                    asker.once(
                            "$JS.API.STREAM.CREATE.bench" + run,
                            "{\"name\":\"bench"
                                    + run
                                    + "\",\"subjects\":[\"bench"
                                    + run
                                    + ".*\"]}");
            boolean streams = made.contains("config");
            System.out.println("JetStream: " + (streams ? "there" : made));
            for (int round = 0; round < ROUNDS; round++) {
                rate("SEND", asker, i -> "$mq9.AI.MSG.SEND.b" + run + '.' + i % MAILBOXES);
                if (streams) {
                    rate("JetStream publish", asker, i -> "bench" + run + '.' + i % MAILBOXES);
                }
            }
        }
    }

    private static void rate(String what, Asker asker, IntFunction<String> subject)
            throws IOException {
        int questions = 40_000;
        long[] begun = new long[questions];
        long[] took = new long[questions];
        long from = System.nanoTime();
        int asked = 0;
        for (int answered = 0; answered < questions; ) {
            while (asked < questions && asked - answered < IN_FLIGHT) {
                begun[asked] = System.nanoTime();
                asker.ask(subject.apply(asked), PAYLOAD, asked);
                asked++;
            }
            asker.flush();
            do {
                int number = asker.next();
                took[number] = System.nanoTime() - begun[number];
                answered++;
            } while (answered < asked && asker.hasMore());
        }
        report(what + ", " + IN_FLIGHT + " in flight", questions, System.nanoTime() - from, took);
    }

    private static void wake(String host, int port) throws IOException {
        String box = "w" + System.nanoTime();
        try (Asker reader = new Asker(host, port);
                Asker sender = new Asker(host, port)) {
            sender.once("$mq9.AI.MAILBOX.CREATE", "{\"name\":\"" + box + "\"}");
            String fetch =
                    "{\"group_name\":\"g\",\"deliver\":\"earliest\",\"lease_ms\":60000,"
                            + "\"config\":{\"max_wait_ms\":20000}}";
            long[] took = new long[WAKES];
            long from = System.nanoTime();
            for (int i = 0; i < WAKES; i++) {
                reader.ask(
                        "$mq9.AI.MSG.FETCH." + box, fetch.getBytes(StandardCharsets.US_ASCII), 1);
                reader.flush();
                reader.once("$mq9.AI.MSG.QUERY.none", "");
                long begun = System.nanoTime();
                sender.ask("$mq9.AI.MSG.SEND." + box, PAYLOAD, 2);
                sender.flush();
                int answered = reader.next();
                took[i] = System.nanoTime() - begun;
                if (answered != 1 || !reader.answer().contains("\"msg_id\":" + i + ',')) {
                    throw new IOException("not the mail " + i + ": " + reader.answer());
                }
                sender.next();
            }
            long whole = System.nanoTime() - from;
            long[] alone = new long[WAKES];
            sender.once("$mq9.AI.MAILBOX.CREATE", "{\"name\":\"" + box + ".alone\"}");
            long begin = System.nanoTime();
            for (int i = 0; i < WAKES; i++) {
                long begun = System.nanoTime();
                sender.ask("$mq9.AI.MSG.SEND." + box + ".alone", PAYLOAD, 2);
                sender.flush();
                sender.next();
                alone[i] = System.nanoTime() - begun;
            }
            report("SEND, one in flight", WAKES, System.nanoTime() - begin, alone);
            report("from SEND to the waiting FETCH", WAKES, whole, took);
        }
    }

    private static void idle(String host, int port, int mailboxes) throws IOException {
        String run = Long.toString(System.nanoTime(), 36);
        long from = System.nanoTime();
        try (Asker asker = new Asker(host, port)) {
            int asked = 0;
            for (int answered = 0; answered < mailboxes; ) {
                while (asked < mailboxes && asked - answered < IN_FLIGHT) {
                    String body = "{\"name\":\"i" + run + '.' + asked + "\",\"ttl\":0}";
                    asker.ask(
                            "$mq9.AI.MAILBOX.CREATE",
                            body.getBytes(StandardCharsets.US_ASCII),
                            asked);
                    asked++;
                }
                asker.flush();
                do {
                    asker.next();
                    answered++;
                } while (answered < asked && asker.hasMore());
            }
        }
        double seconds = (System.nanoTime() - from) / 1e9;
        System.out.printf(
                "%,d mailboxes made in %.1f s, %.0f a second%n",
                mailboxes, seconds, mailboxes / seconds);
    }

    private static void report(String what, int number, long nanos, long[] took) {
        long[] sorted = took.clone();
        Arrays.sort(sorted);
        System.out.printf(
                "%s: %.0f a second, p50 %.3f ms, p99 %.3f ms%n",
                what,
                number / (nanos / 1e9),
                sorted[number / 2] / 1e6,
                sorted[number * 99 / 100] / 1e6);
    }
}
