package io.polymq.network;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A process of its own with many idle connections: {@code ManyClients HOST PORT COUNT HELLO}
 * connects, logs in on each when HELLO is {@code hello}, prints {@code READY} and stays until its
 * input ends.
 */
final class ManyClients {

    private ManyClients() {}

    public static void main(String[] args) throws IOException {
        InetSocketAddress to = new InetSocketAddress(args[0], Integer.parseInt(args[1]));
        int count = Integer.parseInt(args[2]);
        List<SocketChannel> open = new ArrayList<>(count);
        boolean logsIn = args[3].equals("hello");
        for (int i = 0; i < count; i++) {
            SocketChannel channel = SocketChannel.open(to);
            if (logsIn) {
                logIn(channel);
            }
            open.add(channel);
        }
        System.out.println("READY");
        while (System.in.read() >= 0) {
            System.out.println(open.size());
        }
    }

    private static void logIn(SocketChannel channel) throws IOException {
        channel.write(ByteBuffer.wrap("HELLO idle\n".getBytes(StandardCharsets.US_ASCII)));
        ByteBuffer answer = ByteBuffer.allocate("OK\n".length());
        while (answer.hasRemaining()) {
            if (channel.read(answer) < 0) {
                throw new IOException("refused");
            }
        }
    }
}
