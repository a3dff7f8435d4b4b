package io.polymq.benchmarks.nats;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Load on one NATS server. Subscribers count bytes instead of parsing, for every message of a run
 * has the same length. One thread per client.
 */
final class NatsLoad {

    private static final int CHUNK = 64 << 10;
    private static final String CONNECT =
            "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true}\r\n";

    private final InetSocketAddress server;

    NatsLoad(InetSocketAddress server) {
        this.server = server;
    }

    /**
     * What a run has shown: messages a second that were delivered, or published with nobody there.
     */
    record Rate(double perSecond) {}

    /** Latencies of requests in microseconds. */
    record Latency(double perSecond, double median, double p99) {}

    /** One publisher, so many subscribers to what it publishes; none at all only publishes. */
    Rate fanOut(int messages, int size, int subscribers) throws IOException {
        String subject = "load." + System.nanoTime();
        byte[] publish =
                ("PUB " + subject + ' ' + size + "\r\n" + "x".repeat(size) + "\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
        long frame = ("MSG " + subject + " 1 " + size + "\r\n").length() + size + 2L;
        try (ExecutorService threads = Executors.newCachedThreadPool();
                Link publisher = new Link()) {
            List<Link> links = new ArrayList<>();
            List<Callable<Long>> readers = new ArrayList<>();
            for (int i = 0; i < subscribers; i++) {
                Link link = new Link();
                links.add(link);
                link.subscribe(subject);
                readers.add(() -> link.skip(frame * messages));
            }
            long begun = System.nanoTime();
            List<Future<Long>> reading = readers.stream().map(threads::submit).toList();
            publisher.repeat(publish, messages);
            publisher.pong();
            for (Future<Long> one : reading) {
                done(one);
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            for (Link link : links) {
                link.close();
            }
            return new Rate((double) messages * Math.max(1, subscribers) / seconds);
        }
    }

    /** So many clients ask one responder, each with one request at a time. */
    Latency requests(int each, int size, int clients) throws IOException {
        String subject = "ask." + System.nanoTime();
        try (ExecutorService threads = Executors.newCachedThreadPool();
                Link responder = new Link()) {
            responder.subscribe(subject);
            Future<Long> answering =
                    threads.submit(() -> responder.answer(size, (long) each * clients));
            List<Future<long[]>> asking = new ArrayList<>();
            long begun = System.nanoTime();
            for (int i = 0; i < clients; i++) {
                String inbox = "_INBOX.%04d".formatted(i);
                asking.add(threads.submit(() -> asked(subject, inbox, each, size)));
            }
            long[] all = new long[each * clients];
            int at = 0;
            for (Future<long[]> one : asking) {
                long[] some = done(one);
                System.arraycopy(some, 0, all, at, some.length);
                at += some.length;
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            done(answering);
            Arrays.sort(all);
            return new Latency(
                    all.length / seconds,
                    all[all.length / 2] / 1e3,
                    all[(int) (all.length * 0.99)] / 1e3);
        }
    }

    private long[] asked(String subject, String inbox, int count, int size) throws IOException {
        byte[] request =
                ("PUB " + subject + ' ' + inbox + ' ' + size + "\r\n" + "x".repeat(size) + "\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
        long answer = ("MSG " + inbox + " 1 " + size + "\r\n").length() + size + 2L;
        long[] nanos = new long[count];
        try (Link link = new Link()) {
            link.subscribe(inbox);
            for (int i = 0; i < count; i++) {
                long begun = System.nanoTime();
                link.repeat(request, 1);
                link.skip(answer);
                nanos[i] = System.nanoTime() - begun;
            }
        }
        return nanos;
    }

    private static <T> T done(Future<T> one) throws IOException {
        try {
            return one.get();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        } catch (ExecutionException failed) {
            throw new IOException(failed.getCause());
        }
    }

    /** One connection. One thread. */
    private final class Link implements AutoCloseable {

        private final Socket socket = new Socket();
        private final InputStream in;
        private final OutputStream out;
        private final byte[] buffer = new byte[CHUNK];

        Link() throws IOException {
            socket.setTcpNoDelay(true);
            socket.connect(server);
            in = socket.getInputStream();
            out = socket.getOutputStream();
            out.write(CONNECT.getBytes(StandardCharsets.US_ASCII));
            pong();
        }

        void subscribe(String subject) throws IOException {
            out.write(("SUB " + subject + " 1\r\n").getBytes(StandardCharsets.US_ASCII));
            pong();
        }

        /** Says PING and reads up to its answer; nothing else may be on its way. */
        void pong() throws IOException {
            out.write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            StringBuilder said = new StringBuilder();
            while (!said.toString().endsWith("PONG\r\n")) {
                int count = in.read(buffer);
                if (count < 0) {
                    throw new IOException("closed after " + said);
                }
                said.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
            }
        }

        void repeat(byte[] frame, int times) throws IOException {
            int perChunk = Math.max(1, Math.min(times, CHUNK / frame.length));
            byte[] chunk = new byte[perChunk * frame.length];
            for (int i = 0; i < perChunk; i++) {
                System.arraycopy(frame, 0, chunk, i * frame.length, frame.length);
            }
            int left = times;
            while (left > 0) {
                int now = Math.min(left, perChunk);
                out.write(chunk, 0, now * frame.length);
                left -= now;
            }
        }

        /** Reads and forgets so many bytes. */
        long skip(long bytes) throws IOException {
            long left = bytes;
            while (left > 0) {
                int count = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                if (count < 0) {
                    throw new IOException("closed with " + left + " bytes to come");
                }
                left -= count;
            }
            return bytes;
        }

        /** Answers requests, whose lines all end with their reply subject and size. */
        long answer(int size, long times) throws IOException {
            StringBuilder rest = new StringBuilder();
            StringBuilder answers = new StringBuilder();
            String payload = "x".repeat(size) + "\r\n";
            long answered = 0;
            while (answered < times) {
                int count = in.read(buffer);
                if (count < 0) {
                    throw new IOException("closed after " + answered);
                }
                rest.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
                for (int end = rest.indexOf("\r\n");
                        end >= 0 && rest.length() >= end + 4 + size;
                        end = rest.indexOf("\r\n")) {
                    String[] line = rest.substring(0, end).split(" ");
                    answers.append("PUB ").append(line[3]).append(' ').append(size);
                    answers.append("\r\n").append(payload);
                    rest.delete(0, end + 4 + size);
                    answered++;
                }
                out.write(answers.toString().getBytes(StandardCharsets.ISO_8859_1));
                answers.setLength(0);
            }
            return answered;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
