package io.polymq.network;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A process of its own with many idle connections: {@code ManyClients HOST PORT COUNT} connects,
 * has a word echoed on each, prints {@code READY} and stays until its input ends.
 */
final class ManyClients {

    private ManyClients() {}

    public static void main(String[] args) throws IOException {
        InetSocketAddress to = new InetSocketAddress(args[0], Integer.parseInt(args[1]));
        int count = Integer.parseInt(args[2]);
        List<SocketChannel> open = new ArrayList<>(count);
        byte[] hello = "HELLO idle\n".getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < count; i++) {
            SocketChannel channel = SocketChannel.open(to);
            channel.write(ByteBuffer.wrap(hello));
            ByteBuffer answer = ByteBuffer.allocate(3);
            while (answer.hasRemaining() && channel.read(answer) >= 0) {
                if (!channel.isConnected()) {
                    throw new IOException("lost connection " + i);
                }
            }
            open.add(channel);
        }
        System.out.println("READY");
        while (System.in.read() >= 0) {
            System.out.println(open.size());
        }
    }
}
