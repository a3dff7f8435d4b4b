package io.polymq.amqp.v1.message;

import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.v1.type.DecodeException;
import io.polymq.amqp.v1.type.ValueReader;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A message as a client has sent it, taken apart into payload and {@linkplain OwnBytes the rest}.
 * Sections are read in full only when someone asks. Filled again for each message, whose bytes are
 * borrowed; one thread.
 */
public final class Incoming {

    /** A body of more data sections is kept as it is. */
    private static final int MOST_PIECES = 1024;

    private final ValueReader in = new ValueReader();
    private final int mostBytes;
    private byte[] bytes = {};
    private int end;

    private Header header = Header.NONE;
    private int headerFrom;
    private int headerTo;
    private int annotationsFrom;
    private int annotationsAt;
    private int annotationsTo;
    private int bareFrom;
    private int propertiesAt;
    private int applicationAt;
    private int bodyFrom;
    private int bodyTo;
    private int form;
    private int pieces;
    private int[] starts = new int[8];
    private int[] ends = new int[8];

    private byte[] own = new byte[256];
    private int ownLength;
    private byte[] payload = {};
    private byte[] joined = {};
    private int payloadOffset;
    private int payloadLength;
    private @Nullable Properties properties;
    private @Nullable Map<String, @Nullable Object> annotations;

    /**
     * @param mostBytes the largest message
     */
    public Incoming(int mostBytes) {
        this.mostBytes = mostBytes;
    }

    /**
     * Takes a message apart.
     *
     * @throws DecodeException when it is none
     */
    public Incoming read(byte[] message, int offset, int length) {
        if (length > mostBytes) {
            throw new DecodeException(
                    DecodeException.Reason.TOO_MANY,
                    "a message of " + length + " bytes, of which at most " + mostBytes + " may be");
        }
        bytes = message;
        end = offset + length;
        in.over(message, offset, length);
        forget();
        int stage = 0;
        while (in.hasMore()) {
            int from = in.position();
            int code = SectionCode.read(in);
            int at = in.position();
            if (code < stage
                    || code == stage && code != SectionCode.DATA && code != SectionCode.SEQUENCE
                    || stage >= SectionCode.DATA && code != stage && code != SectionCode.FOOTER) {
                throw SectionCode.bad("a section that is not in its place");
            }
            stage = code;
            if (code == SectionCode.DATA) {
                data(from);
            } else {
                in.check();
                section(code, from, at);
            }
        }
        if (bodyFrom < 0) {
            bodyFrom = end;
            bodyTo = end;
        }
        if (bareFrom < 0) {
            bareFrom = bodyFrom;
        }
        split();
        return this;
    }

    private void forget() {
        header = Header.NONE;
        headerFrom = 0;
        headerTo = 0;
        annotationsFrom = 0;
        annotationsTo = 0;
        annotationsAt = -1;
        bareFrom = -1;
        propertiesAt = -1;
        applicationAt = -1;
        bodyFrom = -1;
        bodyTo = -1;
        form = OwnBytes.ENCODED;
        pieces = 0;
        properties = null;
        annotations = null;
    }

    private void section(int code, int from, int at) {
        int to = in.position();
        switch (code) {
            case SectionCode.HEADER -> {
                header = Header.read(in.over(bytes, at, end - at));
                headerFrom = from;
                headerTo = to;
            }
            case SectionCode.DELIVERY_ANNOTATIONS -> mapAt(at);
            case SectionCode.MESSAGE_ANNOTATIONS -> {
                mapAt(at);
                annotationsFrom = from;
                annotationsAt = at;
                annotationsTo = to;
            }
            case SectionCode.PROPERTIES -> {
                if (in.over(bytes, at, end - at).enterList() < 0) {
                    throw SectionCode.bad("properties that are no list");
                }
                bareFrom = from;
                propertiesAt = at;
            }
            case SectionCode.APPLICATION_PROPERTIES -> {
                mapAt(at);
                bareFrom = bareFrom < 0 ? from : bareFrom;
                applicationAt = at;
            }
            case SectionCode.FOOTER -> {
                mapAt(at);
                if (bodyFrom < 0) {
                    bodyFrom = from;
                    bodyTo = from;
                }
            }
            case SectionCode.VALUE -> value(from, at, to);
            default -> {
                if (in.over(bytes, at, end - at).enterList() < 0) {
                    throw SectionCode.bad("a sequence that is no list");
                }
                bodyFrom = bodyFrom < 0 ? from : bodyFrom;
                bodyTo = to;
            }
        }
        in.over(bytes, to, end - to);
    }

    private void mapAt(int at) {
        if (in.over(bytes, at, end - at).enterMap() < 0) {
            throw SectionCode.bad("a section that is no map");
        }
    }

    private void value(int from, int at, int to) {
        bodyFrom = from;
        bodyTo = to;
        int code = in.over(bytes, at, end - at).peek();
        boolean text = ValueReader.isText(code);
        if (text || ValueReader.isBinary(code)) {
            form = text ? OwnBytes.TEXT : OwnBytes.BINARY;
            int length = in.enterBytes();
            piece(in.position(), in.position() + length);
        }
    }

    private void data(int from) {
        boolean binary = ValueReader.isBinary(in.peek());
        int length = binary ? in.enterBytes() : -1;
        if (length < 0) {
            throw SectionCode.bad("a data section that is no binary");
        }
        bodyFrom = bodyFrom < 0 ? from : bodyFrom;
        if (pieces < MOST_PIECES) {
            form = OwnBytes.DATA;
            piece(in.position(), in.position() + length);
        } else {
            form = OwnBytes.ENCODED;
        }
        in.skip(length);
        bodyTo = in.position();
    }

    private void piece(int from, int to) {
        if (pieces == starts.length) {
            starts = Arrays.copyOf(starts, pieces * 2);
            ends = Arrays.copyOf(ends, pieces * 2);
        }
        starts[pieces] = from;
        ends[pieces++] = to;
    }

    // Into payload and the rest.

    private void split() {
        if (form == OwnBytes.ENCODED) {
            pieces = 0;
            piece(bodyFrom, bodyTo);
        }
        join();
        boolean several = pieces > 1;
        int before = headerTo - headerFrom + annotationsTo - annotationsFrom;
        int around = end - bareFrom - payloadLength;
        int tableLength = 4 * (2 * pieces - 1);
        ownLength = (several ? 3 : 1) + tableLength + before + around;
        if (own.length < ownLength) {
            own = new byte[Math.max(ownLength, own.length * 2)];
        }
        int at = 0;
        own[at++] = (byte) (several ? form | OwnBytes.SEVERAL : form);
        if (several) {
            own[at++] = (byte) (pieces >> 8);
            own[at++] = (byte) pieces;
        }
        for (int i = 0; i < pieces; i++) {
            int gapFrom = i == 0 ? bareFrom - before : ends[i - 1];
            at = number(at, starts[i] - gapFrom);
        }
        for (int i = 0; i < pieces - 1; i++) {
            at = number(at, ends[i] - starts[i]);
        }
        at = copy(at, headerFrom, headerTo);
        at = copy(at, annotationsFrom, annotationsTo);
        int from = bareFrom;
        for (int i = 0; i < pieces; i++) {
            at = copy(at, from, starts[i]);
            from = ends[i];
        }
        copy(at, from, end);
    }

    private void join() {
        if (pieces == 1) {
            payload = bytes;
            payloadOffset = starts[0];
            payloadLength = ends[0] - starts[0];
            return;
        }
        int length = 0;
        for (int i = 0; i < pieces; i++) {
            length += ends[i] - starts[i];
        }
        if (joined.length < length) {
            joined = new byte[length];
        }
        int at = 0;
        for (int i = 0; i < pieces; i++) {
            System.arraycopy(bytes, starts[i], joined, at, ends[i] - starts[i]);
            at += ends[i] - starts[i];
        }
        payload = joined;
        payloadOffset = 0;
        payloadLength = length;
    }

    private int number(int at, int value) {
        own[at] = (byte) (value >> 24);
        own[at + 1] = (byte) (value >> 16);
        own[at + 2] = (byte) (value >> 8);
        own[at + 3] = (byte) value;
        return at + 4;
    }

    private int copy(int at, int from, int to) {
        System.arraycopy(bytes, from, own, at, to - from);
        return at + to - from;
    }

    // What it says.

    public Header header() {
        return header;
    }

    public Properties properties() {
        Properties known = properties;
        if (known == null) {
            known =
                    propertiesAt < 0
                            ? Properties.NONE
                            : Properties.read(in.over(bytes, propertiesAt, end - propertiesAt));
            properties = known;
        }
        return known;
    }

    /** Whose name it bears, without reading the other properties. */
    public byte @Nullable [] userId() {
        return propertiesAt < 0
                ? null
                : Properties.readUserId(in.over(bytes, propertiesAt, end - propertiesAt));
    }

    /** The message annotations. */
    public Map<String, @Nullable Object> annotations() {
        Map<String, @Nullable Object> known = annotations;
        if (known == null) {
            known =
                    annotationsAt < 0
                            ? Map.of()
                            : OwnBytes.texts(
                                    in.over(bytes, annotationsAt, end - annotationsAt).read());
            annotations = known;
        }
        return known;
    }

    public Map<String, @Nullable Object> applicationProperties() {
        return applicationAt < 0
                ? Map.of()
                : OwnBytes.texts(in.over(bytes, applicationAt, end - applicationAt).read());
    }

    /** The value of a body that is one value; null for any other body. */
    public @Nullable Object value() {
        if (bodyFrom == bodyTo) {
            return null;
        }
        in.over(bytes, bodyFrom, bodyTo - bodyFrom);
        return SectionCode.read(in) == SectionCode.VALUE ? in.read() : null;
    }

    /** Further routing keys, from the annotation {@code x-cc}. */
    public List<String> copies() {
        return annotationsAt < 0 ? List.of() : Conversion.texts(annotations().get("x-cc"));
    }

    /** The envelope's flags. */
    public int flags() {
        return (header.durable() ? Envelope.PERSISTENT : 0)
                | (header.priority() >= 0 ? Envelope.PRIORITY : 0)
                | (header.ttl() >= 0 || expiryTime() >= 0 ? Envelope.EXPIRES : 0);
    }

    private long expiryTime() {
        return propertiesAt < 0
                ? -1
                : Properties.readExpiryTime(in.over(bytes, propertiesAt, end - propertiesAt));
    }

    // What is kept; valid until the next message.

    public byte[] payload() {
        return payload;
    }

    public int payloadOffset() {
        return payloadOffset;
    }

    public int payloadLength() {
        return payloadLength;
    }

    /** The dialect's own bytes, for an {@link Envelope}, from the array's beginning. */
    public byte[] own() {
        return own;
    }

    public int ownLength() {
        return ownLength;
    }
}
