package io.polymq.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.polymq.core.subject.Subject;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The journal's records as bytes: a kind, then the fields of that kind. Lengths in a record that
 * was damaged are checked by the buffer; the storage's own checksum comes before. Stateless.
 */
final class JournalCodec {

    private static final byte MESSAGE = 1;
    private static final byte FINISHED = 2;
    private static final byte RELEASED = 3;

    private static final int RETAIN = 4;
    private static final int INCOMING = 8;
    private static final int IS_RELEASED = 16;

    private JournalCodec() {}

    /** What a record says. */
    sealed interface Event {}

    /**
     * A message and the sessions that are owed it, or the one that it came from.
     *
     * @param origin the client's QoS 2 message that it is a part of, while that is not finished
     */
    record Stored(Publication publication, @Nullable Place origin, List<Owed> owed)
            implements Event {}

    /** These are done with. */
    record Finished(List<Place> places) implements Event {}

    /** PUBREC came for it. */
    record Released(Place place) implements Event {}

    /** A message's place in a session. */
    record Place(long session, long number, boolean incoming) {}

    /** How a session is owed a message. */
    record Owed(Place place, int qos, boolean retain, int subscriptionId, boolean released) {}

    static ByteBuffer message(
            Publication publication, @Nullable Place origin, List<OwedShare> targets) {
        int size = 96 + publication.header().length + publication.payload().length;
        ByteBuf out = Unpooled.buffer(size + targets.size() * 21);
        out.writeByte(MESSAGE);
        out.writeInt(publication.flags());
        writeShortBytes(out, publication.subject().dotted());
        out.writeInt(publication.header().length);
        out.writeBytes(publication.header());
        out.writeBoolean(origin != null);
        if (origin != null) {
            out.writeLong(origin.session());
            out.writeLong(origin.number());
        }
        int live = 0;
        int countAt = out.writerIndex();
        out.writeInt(0);
        for (OwedShare target : targets) {
            if (!target.isFinished()) {
                live++;
                writePlace(out, target);
                out.writeInt(target.subscriptionId());
            }
        }
        out.setInt(countAt, live);
        out.writeBytes(publication.payload());
        return out.nioBuffer();
    }

    static ByteBuffer finished(List<OwedShare> targets) {
        ByteBuf out = Unpooled.buffer(5 + targets.size() * 17);
        out.writeByte(FINISHED);
        out.writeInt(targets.size());
        for (OwedShare target : targets) {
            writePlace(out, target);
        }
        return out.nioBuffer();
    }

    static ByteBuffer released(OwedShare target) {
        ByteBuf out = Unpooled.buffer(18);
        out.writeByte(RELEASED);
        writePlace(out, target);
        return out.nioBuffer();
    }

    private static void writePlace(ByteBuf out, OwedShare target) {
        out.writeLong(target.session().number());
        out.writeLong(target.number());
        int how = target.qos() | (target.retain() ? RETAIN : 0);
        how |= target.isIncoming() ? INCOMING : 0;
        out.writeByte(how | (target.isReleased() ? IS_RELEASED : 0));
    }

    private static void writeShortBytes(ByteBuf out, byte[] bytes) {
        out.writeInt(bytes.length);
        out.writeBytes(bytes);
    }

    /** Null for a kind that this version does not know. */
    static @Nullable Event decode(ByteBuffer value) {
        ByteBuf in = Unpooled.wrappedBuffer(value);
        return switch (in.readByte()) {
            case MESSAGE -> readMessage(in);
            case FINISHED -> {
                List<Place> places = new ArrayList<>();
                for (int i = in.readInt(); i > 0; i--) {
                    places.add(readOwed(in).place());
                }
                yield new Finished(places);
            }
            case RELEASED -> new Released(readOwed(in).place());
            default -> null;
        };
    }

    private static Stored readMessage(ByteBuf in) {
        int flags = in.readInt();
        byte[] subject = readBytes(in, in.readInt());
        byte[] header = readBytes(in, in.readInt());
        Place origin = in.readBoolean() ? new Place(in.readLong(), in.readLong(), true) : null;
        List<Owed> owed = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) {
            Owed without = readOwed(in);
            owed.add(
                    new Owed(
                            without.place(),
                            without.qos(),
                            without.retain(),
                            in.readInt(),
                            without.released()));
        }
        byte[] payload = readBytes(in, in.readableBytes());
        Publication publication =
                new Publication(
                        Subject.ofDotted(subject, 0, subject.length), payload, header, flags);
        return new Stored(publication, origin, owed);
    }

    private static Owed readOwed(ByteBuf in) {
        long session = in.readLong();
        long number = in.readLong();
        int how = in.readByte();
        Place place = new Place(session, number, (how & INCOMING) != 0);
        return new Owed(place, how & 3, (how & RETAIN) != 0, 0, (how & IS_RELEASED) != 0);
    }

    private static byte[] readBytes(ByteBuf in, int length) {
        if (length < 0 || length > in.readableBytes()) {
            throw new IndexOutOfBoundsException("a field of " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        in.readBytes(bytes);
        return bytes;
    }
}
