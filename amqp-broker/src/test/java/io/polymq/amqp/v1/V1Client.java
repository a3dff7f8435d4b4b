package io.polymq.amqp.v1;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.Frames;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.amqp.v1.frame.PerformativeReader;
import io.polymq.amqp.v1.frame.PerformativeWriter;
import io.polymq.amqp.v1.frame.SaslFrame;
import io.polymq.amqp.v1.frame.Terminus;
import io.polymq.amqp.v1.frame.Transfer;
import io.polymq.amqp.v1.type.Described;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import io.polymq.amqp.v1.type.ValueReader;
import io.polymq.amqp.v1.type.ValueWriter;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A client of 1.0 whose every frame the test writes, for what libraries would not do. */
public final class V1Client implements AutoCloseable {

    private static final int WAIT_MILLIS = 10_000;

    /** What a frame held. */
    public sealed interface Got {
        record Of(int channel, Performative performative) implements Got {}

        record Sasl(SaslFrame frame) implements Got {}

        record Message(long handle, long deliveryId, boolean settled, boolean more, byte[] sections)
                implements Got {}

        record Empty() implements Got {}
    }

    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final OutputStream out;
    private final PerformativeReader reader = new PerformativeReader();
    private final Transfer transfer = new Transfer();

    V1Client(InetSocketAddress address) throws IOException {
        socket.connect(address, WAIT_MILLIS);
        socket.setSoTimeout(WAIT_MILLIS);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    /** One that is open, without a password. */
    public static V1Client open(InetSocketAddress address, String container) throws IOException {
        V1Client client = new V1Client(address);
        client.anonymous();
        client.send(0, client.open(container));
        client.take(Performative.Open.class);
        return client;
    }

    /** One with a session. */
    public static V1Client session(InetSocketAddress address, String container) throws IOException {
        V1Client client = open(address, container);
        client.begin(0);
        return client;
    }

    // Layers.

    void header(boolean sasl) throws IOException {
        out.write(Frames.header(sasl));
    }

    byte[] takeHeader() throws IOException {
        byte[] bytes = new byte[8];
        in.readFully(bytes);
        return bytes;
    }

    void anonymous() throws IOException {
        header(true);
        assertThat(takeHeader()).isEqualTo(Frames.header(true));
        takeSasl(SaslFrame.Mechanisms.class);
        send(new SaslFrame.Init("ANONYMOUS", new byte[0], null));
        assertThat(takeSasl(SaslFrame.Outcome.class).code()).isEqualTo(SaslFrame.OK);
        header(false);
        assertThat(takeHeader()).isEqualTo(Frames.header(false));
    }

    int plain(String user, String password) throws IOException {
        header(true);
        takeHeader();
        takeSasl(SaslFrame.Mechanisms.class);
        send(
                new SaslFrame.Init(
                        "PLAIN",
                        ("\0" + user + "\0" + password).getBytes(StandardCharsets.UTF_8),
                        null));
        int code = takeSasl(SaslFrame.Outcome.class).code();
        if (code == SaslFrame.OK) {
            header(false);
            takeHeader();
        }
        return code;
    }

    // Frames.

    Performative.Open open(String container) {
        return new Performative.Open(
                container, null, 65_536, 255, 0, List.of(), List.of(), Map.of());
    }

    Performative.Begin begin(int channel) throws IOException {
        send(channel, begin());
        return take(Performative.Begin.class);
    }

    static Performative.Begin begin() {
        return new Performative.Begin(
                Performative.ABSENT, 0, 2048, 2048, 1023, List.of(), List.of(), Map.of());
    }

    public static Performative.Attach sender(String name, long handle, @Nullable String address) {
        return new Performative.Attach(
                name,
                handle,
                false,
                2,
                0,
                Terminus.Source.of("here"),
                Terminus.Target.of(address),
                false,
                0,
                0,
                List.of(),
                List.of(),
                Map.of());
    }

    public static Performative.Attach receiver(
            String name, long handle, Terminus.@Nullable Source from) {
        return new Performative.Attach(
                name,
                handle,
                true,
                2,
                0,
                from,
                Terminus.Target.of("here"),
                false,
                Performative.ABSENT,
                0,
                List.of(),
                List.of(),
                Map.of());
    }

    public static Performative.Attach receiver(String name, long handle, String address) {
        return receiver(name, handle, Terminus.Source.of(address));
    }

    /** Attaches and takes the answer. */
    public Performative.Attach attach(Performative.Attach attach) throws IOException {
        send(0, attach);
        return take(Performative.Attach.class);
    }

    /** Attaches to send, and takes the first credit. */
    public void attachSender(String name, long handle, @Nullable String address)
            throws IOException {
        attach(sender(name, handle, address));
        take(Performative.Flow.class);
    }

    /** Attaches to a coordinator as link 0, and takes its credit. */
    void attachCoordinator() throws IOException {
        Performative.Attach plain = sender("coordinator", 0, null);
        attach(
                new Performative.Attach(
                        plain.name(),
                        plain.handle(),
                        plain.receiver(),
                        plain.senderMode(),
                        plain.receiverMode(),
                        plain.source(),
                        new Terminus.Coordinator(List.of()),
                        false,
                        0,
                        0,
                        List.of(),
                        List.of(),
                        Map.of()));
        take(Performative.Flow.class);
    }

    public void credit(long handle, long deliveryCount, long credit, boolean drain)
            throws IOException {
        send(0, flow(handle, deliveryCount, credit, drain, false));
    }

    static Performative.Flow flow(
            long handle, long deliveryCount, long credit, boolean drain, boolean echo) {
        return new Performative.Flow(
                0, 2048, 0, 2048, handle, deliveryCount, credit, 0, drain, echo);
    }

    public void settle(long first, long last, @Nullable DeliveryState state) throws IOException {
        send(0, new Performative.Disposition(true, (int) first, (int) last, true, state));
    }

    void send(int channel, Performative performative) throws IOException {
        ByteBuf frame = Unpooled.buffer();
        int at = Frames.begin(frame, Frames.AMQP, channel);
        PerformativeWriter.write(frame, performative);
        Frames.end(frame, at);
        out.write(ByteBufUtil.getBytes(frame));
    }

    void send(SaslFrame sasl) throws IOException {
        ByteBuf frame = Unpooled.buffer();
        int at = Frames.begin(frame, Frames.SASL, 0);
        PerformativeWriter.write(frame, sasl);
        Frames.end(frame, at);
        out.write(ByteBufUtil.getBytes(frame));
    }

    void raw(byte[] bytes) throws IOException {
        out.write(bytes);
    }

    /** A transfer with these fields, in their order. */
    void transfer(byte[] sections, @Nullable Object... fields) throws IOException {
        ByteBuf frame = Unpooled.buffer();
        int at = Frames.begin(frame, Frames.AMQP, 0);
        ValueWriter.write(
                frame,
                new Described(Unsigned.ofLong(0x14), new ArrayList<>(Arrays.asList(fields))));
        frame.writeBytes(sections);
        Frames.end(frame, at);
        out.write(ByteBufUtil.getBytes(frame));
    }

    public void message(long handle, long deliveryId, boolean settled, byte[] sections)
            throws IOException {
        transfer(
                sections,
                Unsigned.ofInt(handle),
                Unsigned.ofInt(deliveryId),
                tag(deliveryId),
                Unsigned.ofInt(0),
                settled);
    }

    static byte[] tag(long deliveryId) {
        return new byte[] {(byte) (deliveryId >> 8), (byte) deliveryId};
    }

    static byte[] text(String body) {
        return sections(new Described(Unsigned.ofLong(0x77), body));
    }

    /** A durable message. */
    public static byte[] durable(String body) {
        return sections(
                new Described(Unsigned.ofLong(0x70), List.of(true)),
                new Described(Unsigned.ofLong(0x77), body));
    }

    /** A message to the coordinator. */
    static byte[] command(long descriptor, List<Object> fields) {
        return sections(
                new Described(
                        Unsigned.ofLong(0x77),
                        new Described(Unsigned.ofLong(descriptor), new ArrayList<>(fields))));
    }

    static byte[] sections(Described... sections) {
        ByteBuf out = Unpooled.buffer();
        for (Described section : sections) {
            ValueWriter.write(out, section);
        }
        return ByteBufUtil.getBytes(out);
    }

    /** The sections of a message by their numbers. */
    static Map<Long, @Nullable Object> parsed(byte[] sections) {
        Map<Long, @Nullable Object> found = new TreeMap<>();
        ValueReader values = new ValueReader().over(sections, 0, sections.length);
        while (values.hasMore()) {
            Described section = (Described) values.read();
            found.put(((Unsigned) section.descriptor()).value(), section.value());
        }
        return found;
    }

    static @Nullable Object body(Got.Message message) {
        return parsed(message.sections()).get(0x77L);
    }

    static Symbol symbol(String text) {
        return new Symbol(text);
    }

    // Reading.

    Got take() throws IOException {
        int size = in.readInt();
        byte[] rest = new byte[size - 4];
        in.readFully(rest);
        int body = rest[0] * 4 - 4;
        int length = rest.length - body;
        int channel = (rest[2] & 0xFF) << 8 | rest[3] & 0xFF;
        if (rest[1] == Frames.SASL) {
            return new Got.Sasl(reader.readSasl(rest, body, length));
        }
        if (length == 0) {
            return new Got.Empty();
        }
        if (Transfer.isNext(rest, body, length)) {
            transfer.read(rest, body, length);
            return new Got.Message(
                    transfer.handle(),
                    transfer.deliveryId(),
                    transfer.settled(),
                    transfer.more(),
                    Arrays.copyOfRange(rest, transfer.end(), rest.length));
        }
        return new Got.Of(channel, reader.read(rest, body, length));
    }

    /** The next frame, which must be of that kind. */
    <T extends Performative> T take(Class<T> kind) throws IOException {
        Got got = take();
        assertThat(got).isInstanceOf(Got.Of.class);
        Performative performative = ((Got.Of) got).performative();
        assertThat(performative).isInstanceOf(kind);
        return kind.cast(performative);
    }

    <T extends SaslFrame> T takeSasl(Class<T> kind) throws IOException {
        Got got = take();
        assertThat(got).isInstanceOf(Got.Sasl.class);
        return kind.cast(((Got.Sasl) got).frame());
    }

    public Got.Message takeMessage() throws IOException {
        Got got = take();
        assertThat(got).isInstanceOf(Got.Message.class);
        return (Got.Message) got;
    }

    /** The next frame of that kind; others are passed. */
    <T extends Performative> T await(Class<T> kind) throws IOException {
        while (true) {
            if (take() instanceof Got.Of of && kind.isInstance(of.performative())) {
                return kind.cast(of.performative());
            }
        }
    }

    public Got.Message awaitMessage() throws IOException {
        while (true) {
            if (take() instanceof Got.Message message) {
                return message;
            }
        }
    }

    /** The server has closed its side. */
    void takeEnd() throws IOException {
        try {
            while (true) {
                take();
            }
        } catch (EOFException end) {
            // as it must
        }
    }

    void timeout(int millis) throws IOException {
        socket.setSoTimeout(millis);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
