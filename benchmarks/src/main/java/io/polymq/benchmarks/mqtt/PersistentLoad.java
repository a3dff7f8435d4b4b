package io.polymq.benchmarks.mqtt;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What persistent sessions cost, in MQTT 3.1.1 over plain sockets, against any broker.
 *
 * <pre>
 *  fan-out HOST PORT SESSIONS MESSAGES   subscribes, leaves, publishes QoS 1, comes back, drains
 *  publish HOST PORT PUBLISHERS SECONDS  acknowledged QoS 1 publishes a second for one persistent session
 *  force   FILE SECONDS                  writes of 128 bytes a second, each forced by itself
 * </pre>
 */
public final class PersistentLoad {

    private static final int WINDOW = 50;
    private static final byte[] PAYLOAD = "x".repeat(100).getBytes(StandardCharsets.US_ASCII);

    private final String host;
    private final int port;

    private PersistentLoad(String host, int port) {
        this.host = host;
        this.port = port;
    }

    public static void main(String[] args) throws Exception {
        if (args[0].equals("force")) {
            force(Path.of(args[1]), Integer.parseInt(args[2]));
            return;
        }
        PersistentLoad load = new PersistentLoad(args[1], Integer.parseInt(args[2]));
        int first = Integer.parseInt(args[3]);
        int second = Integer.parseInt(args[4]);
        if (args[0].equals("fan-out")) {
            load.fanOut(first, second);
        } else {
            load.publish(first, second);
        }
    }

    private static void force(Path file, int seconds) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            long count = 0;
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            while (System.nanoTime() < end) {
                channel.write(ByteBuffer.allocate(128));
                channel.force(false);
                count++;
            }
            System.out.printf("forced one by one: %d/s%n", count / seconds);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private void fanOut(int sessions, int messages) throws Exception {
        for (int i = 0; i < sessions; i++) {
            try (Client client = new Client("fan" + i, true)) {
                client.end();
            }
            try (Client client = new Client("fan" + i, false)) {
                client.subscribe("fan/out");
                client.end();
            }
        }
        try (Client publisher = new Client("fan-publisher", true);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            long begun = System.nanoTime();
            publisher.publish("fan/out", messages);
            double published = secondsSince(begun);
            long drained = System.nanoTime();
            List<Callable<Void>> drains = new ArrayList<>();
            for (int i = 0; i < sessions; i++) {
                String id = "fan" + i;
                drains.add(
                        () -> {
                            try (Client client = new Client(id, false)) {
                                client.drain(messages);
                                client.end();
                            }
                            return null;
                        });
            }
            await(threads.invokeAll(drains));
            double took = secondsSince(drained);
            System.out.printf(
                    "fan-out 1:%d offline: %,.0f published/s (%,.0f kept/s), drained %,.0f/s%n",
                    sessions,
                    messages / published,
                    messages * (double) sessions / published,
                    messages * (double) sessions / took);
        }
    }

    private void publish(int publishers, int seconds) throws Exception {
        try (Client client = new Client("keeper", true)) {
            client.end();
        }
        Client keeper = new Client("keeper", false);
        keeper.subscribe("safe");
        AtomicBoolean over = new AtomicBoolean();
        AtomicLong count = new AtomicLong();
        List<Callable<Void>> all = new ArrayList<>();
        for (int i = 0; i < publishers; i++) {
            String id = "p" + i;
            all.add(
                    () -> {
                        try (Client client = new Client(id, true)) {
                            while (!over.get()) {
                                client.publish("safe", WINDOW);
                                count.addAndGet(WINDOW);
                            }
                        }
                        return null;
                    });
        }
        try (keeper;
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            threads.submit(
                    () -> {
                        keeper.drain(Integer.MAX_VALUE);
                        return null;
                    });
            List<Future<Void>> running = all.stream().map(threads::submit).toList();
            TimeUnit.SECONDS.sleep(1);
            long from = count.get();
            TimeUnit.SECONDS.sleep(seconds);
            long acknowledged = count.get() - from;
            over.set(true);
            await(running);
            System.out.printf(
                    "%d publishers, QoS 1: %,d acknowledged/s%n",
                    publishers, acknowledged / seconds);
            keeper.close();
        }
        try (Client client = new Client("keeper", true)) {
            client.end();
        }
    }

    private static void await(List<Future<Void>> all)
            throws InterruptedException, ExecutionException {
        for (Future<Void> one : all) {
            one.get();
        }
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    /** One connection. */
    private final class Client implements AutoCloseable {
        private final Socket socket;
        private final DataInputStream in;
        private final OutputStream out;

        Client(String id, boolean clean) throws IOException {
            socket = new Socket(host, port);
            socket.setTcpNoDelay(true);
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
            out = socket.getOutputStream();
            byte[] name = id.getBytes(StandardCharsets.US_ASCII);
            ByteBuffer connect = ByteBuffer.allocate(64);
            connect.put((byte) 0x10).put((byte) (12 + name.length)).putShort((short) 4);
            connect.put("MQTT".getBytes(StandardCharsets.US_ASCII)).put((byte) 4);
            connect.put((byte) (clean ? 2 : 0)).putShort((short) 600);
            connect.putShort((short) name.length).put(name);
            out.write(connect.array(), 0, connect.position());
            expect(0x20);
        }

        /** Reads up to the next packet of that type and returns its body. */
        private byte[] expect(int type) throws IOException {
            while (true) {
                int first = in.readUnsignedByte();
                int length = 0;
                int shift = 0;
                int next;
                do {
                    next = in.readUnsignedByte();
                    length |= (next & 127) << shift;
                    shift += 7;
                } while (next > 127);
                byte[] body = in.readNBytes(length);
                if ((first & 0xF0) == type) {
                    return body;
                }
            }
        }

        void subscribe(String topic) throws IOException {
            byte[] name = topic.getBytes(StandardCharsets.US_ASCII);
            ByteBuffer packet = ByteBuffer.allocate(64);
            packet.put((byte) 0x82).put((byte) (5 + name.length)).putShort((short) 1);
            packet.putShort((short) name.length).put(name).put((byte) 1);
            out.write(packet.array(), 0, packet.position());
            expect(0x90);
        }

        /** A window at a time. */
        void publish(String topic, int count) throws IOException {
            byte[] name = topic.getBytes(StandardCharsets.US_ASCII);
            for (int sent = 0; sent < count; sent += WINDOW) {
                int now = Math.min(WINDOW, count - sent);
                ByteBuffer packets = ByteBuffer.allocate(now * (PAYLOAD.length + 32));
                for (int i = 1; i <= now; i++) {
                    packets.put((byte) 0x32).put((byte) (4 + name.length + PAYLOAD.length));
                    packets.putShort((short) name.length).put(name).putShort((short) i);
                    packets.put(PAYLOAD);
                }
                out.write(packets.array(), 0, packets.position());
                for (int i = 0; i < now; i++) {
                    expect(0x40);
                }
            }
        }

        void drain(int count) throws IOException {
            for (int i = 0; i < count; i++) {
                byte[] body = expect(0x30);
                int topic = (body[0] & 0xFF) << 8 | body[1] & 0xFF;
                out.write(new byte[] {0x40, 2, body[2 + topic], body[3 + topic]});
            }
        }

        void end() throws IOException {
            out.write(new byte[] {(byte) 0xE0, 0});
            if (in.read() >= 0) {
                throw new UncheckedIOException(new IOException("more after DISCONNECT"));
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
