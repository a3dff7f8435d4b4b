package io.polymq.amqp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.polymq.codec.amqp.BasicMethod;
import io.polymq.codec.amqp.ChannelMethod;
import io.polymq.codec.amqp.ConnectionMethod;
import io.polymq.codec.amqp.ContentHeader;
import io.polymq.codec.amqp.FieldTable;
import io.polymq.codec.amqp.Frame;
import io.polymq.codec.amqp.FrameHandler;
import io.polymq.codec.amqp.FrameParser;
import io.polymq.codec.amqp.Method;
import io.polymq.codec.amqp.Methods;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A client that writes whatever frames a test wants, right or wrong. */
final class FrameClient implements AutoCloseable {

    /** What came on a channel: a method, a header's body size, a body. */
    sealed interface Received {}

    record Got(int channel, Method method) implements Received {}

    record GotHeader(int channel, long size, byte[] properties) implements Received {}

    record GotBody(int channel, byte[] bytes) implements Received {}

    record GotHeartbeat(int channel) implements Received {}

    private final Socket socket;
    private final ByteBuf in = Unpooled.buffer();
    private final FrameParser parser = new FrameParser(0);
    private final ArrayDeque<Received> frames = new ArrayDeque<>();

    FrameClient(InetSocketAddress address) throws IOException {
        socket = new Socket("127.0.0.1", address.getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(10_000);
    }

    /** Logged in, with channel 1 open. */
    static FrameClient ready(InetSocketAddress address) throws IOException {
        return ready(address, 2047);
    }

    static FrameClient ready(InetSocketAddress address, int channelMax) throws IOException {
        FrameClient client = new FrameClient(address);
        client.header();
        client.next(ConnectionMethod.Start.class);
        client.startOk();
        client.next(ConnectionMethod.Tune.class);
        client.send(0, new ConnectionMethod.TuneOk(channelMax, 131_072, 0));
        client.send(0, new ConnectionMethod.Open("/", "", false));
        client.next(ConnectionMethod.OpenOk.class);
        client.send(1, new ChannelMethod.Open(""));
        client.next(ChannelMethod.OpenOk.class);
        return client;
    }

    void header() throws IOException {
        write(new byte[] {'A', 'M', 'Q', 'P', 0, 0, 9, 1});
    }

    void startOk() throws IOException {
        byte[] response = "\0guest\0guest".getBytes(StandardCharsets.UTF_8);
        FieldTable properties =
                FieldTable.of(
                        Map.of(
                                "capabilities",
                                Map.of(
                                        "authentication_failure_close", true,
                                        "consumer_cancel_notify", true)));
        send(0, new ConnectionMethod.StartOk(properties, "PLAIN", response, "en_US"));
    }

    void write(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void send(int channel, Method method) throws IOException {
        ByteBuf out = Unpooled.buffer();
        Methods.write(out, channel, method);
        write(out);
    }

    void write(ByteBuf out) throws IOException {
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        write(bytes);
    }

    /** A whole publish to the default exchange. */
    void publish(int channel, String key, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        ByteBuf out = Unpooled.buffer();
        Methods.write(out, channel, new BasicMethod.Publish(0, "", key, false, false));
        ContentHeader.write(out, channel, bytes.length, new byte[2], 0, 2);
        ContentHeader.writeBody(out, channel, bytes, 0, bytes.length, 0);
        write(out);
    }

    void frame(int type, int channel, byte[] payload, int end) throws IOException {
        ByteBuf out = Unpooled.buffer();
        out.writeByte(type).writeShort(channel).writeInt(payload.length);
        out.writeBytes(payload).writeByte(end);
        write(out);
    }

    /** The next frame; null when the server has closed. */
    @Nullable Received next() throws IOException {
        while (frames.isEmpty()) {
            byte[] some = new byte[8192];
            InputStream from = socket.getInputStream();
            int read = from.read(some);
            if (read < 0) {
                return null;
            }
            in.writeBytes(some, 0, read);
            parser.parse(in, new Collector());
        }
        return frames.remove();
    }

    /** The next method, which must be of this kind. */
    <M extends Method> M next(Class<M> kind) throws IOException {
        Received received = next();
        if (received instanceof Got got && kind.isInstance(got.method())) {
            return kind.cast(got.method());
        }
        throw new AssertionError("expected " + kind.getSimpleName() + " and got " + received);
    }

    /** The code of the close that ends the connection. */
    int connectionClose() throws IOException {
        return next(ConnectionMethod.Close.class).replyCode();
    }

    int channelClose() throws IOException {
        return next(ChannelMethod.Close.class).replyCode();
    }

    /** Everything until the server closes. */
    byte[] rest() throws IOException {
        return socket.getInputStream().readAllBytes();
    }

    private final class Collector implements FrameHandler {
        @Override
        public void method(int channel, Method method) {
            frames.add(new Got(channel, method));
        }

        @Override
        public void header(int channel, ByteBuf payload, int length) {
            byte[] properties = new byte[length - 12];
            payload.getBytes(payload.readerIndex() + 12, properties);
            long size = payload.getLong(payload.readerIndex() + 4);
            frames.add(new GotHeader(channel, size, properties));
        }

        @Override
        public void body(int channel, ByteBuf payload, int length) {
            byte[] bytes = new byte[length];
            payload.getBytes(payload.readerIndex(), bytes);
            frames.add(new GotBody(channel, bytes));
        }

        @Override
        public void heartbeat(int channel) {
            frames.add(new GotHeartbeat(channel));
        }
    }

    /** Bytes of one frame, for what the codec would not write. */
    static byte[] header(int classId, long size) {
        ByteBuf out = Unpooled.buffer();
        out.writeShort(classId).writeShort(0).writeLong(size).writeShort(0);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    static int end() {
        return Frame.END;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
