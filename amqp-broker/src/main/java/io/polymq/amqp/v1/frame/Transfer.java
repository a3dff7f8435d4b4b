package io.polymq.amqp.v1.frame;

import io.polymq.amqp.v1.type.DecodeException;
import io.polymq.amqp.v1.type.Described;
import io.polymq.amqp.v1.type.ValueReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A transfer as it was read last, filled anew for each so that a message costs no object. One
 * thread.
 */
public final class Transfer {

    /** No delivery id: a further part of a delivery. */
    public static final long NONE = -1;

    private static final byte[] NOTHING = {};
    private static final byte[] SHORT_SYMBOL = symbol(0xA3, 1);
    private static final byte[] LONG_SYMBOL = symbol(0xB3, 4);

    private static byte[] symbol(int constructor, int lengthBytes) {
        byte[] name = "amqp:transfer:list".getBytes(StandardCharsets.US_ASCII);
        byte[] bytes = new byte[2 + lengthBytes + name.length];
        bytes[1] = (byte) constructor;
        bytes[1 + lengthBytes] = (byte) name.length;
        System.arraycopy(name, 0, bytes, 2 + lengthBytes, name.length);
        return bytes;
    }

    private final ValueReader values = new ValueReader();
    private long handle;
    private long deliveryId;
    private boolean hasTag;
    private int tagLength;
    private long messageFormat;
    private boolean hasSettled;
    private boolean settled;
    private boolean more;
    private int receiverMode;
    private @Nullable DeliveryState state;
    private boolean resume;
    private boolean aborted;
    private int end;

    private byte[] bytes = {};
    private int at;
    private int limit;

    /** Whether the performative that begins here is a transfer. */
    public static boolean isNext(byte[] bytes, int offset, int length) {
        return descriptor(bytes, offset, length) > 0;
    }

    /** The bytes of a transfer's descriptor, as a number or by its name; 0 for another. */
    private static int descriptor(byte[] bytes, int offset, int length) {
        if (length > 3 && bytes[offset] == 0 && bytes[offset + 1] == 0x53) {
            return bytes[offset + 2] == Descriptors.TRANSFER ? 3 : 0;
        }
        if (length > 10 && bytes[offset] == 0 && (bytes[offset + 1] & 0xFF) == 0x80) {
            for (int i = 2; i < 9; i++) {
                if (bytes[offset + i] != 0) {
                    return 0;
                }
            }
            return bytes[offset + 9] == Descriptors.TRANSFER ? 10 : 0;
        }
        return named(bytes, offset, length);
    }

    /** The same where it is a symbol. */
    private static int named(byte[] bytes, int offset, int length) {
        byte[] symbol = length > 1 && bytes[offset] == 0 ? symbol(bytes[offset + 1]) : NOTHING;
        int end = symbol.length;
        return end > 0 && length > end && Arrays.equals(bytes, offset, offset + end, symbol, 0, end)
                ? end
                : 0;
    }

    private static byte[] symbol(byte constructor) {
        return switch (constructor & 0xFF) {
            case 0xA3 -> SHORT_SYMBOL;
            case 0xB3 -> LONG_SYMBOL;
            default -> NOTHING;
        };
    }

    /**
     * Reads the performative; the message's bytes begin at {@link #end}.
     *
     * @throws FrameException when it cannot be read
     */
    public void read(byte[] from, int offset, int length) {
        bytes = from;
        at = offset + descriptor(from, offset, length);
        limit = offset + length;
        int count = list();
        handle = NONE;
        deliveryId = NONE;
        hasTag = false;
        tagLength = 0;
        messageFormat = 0;
        hasSettled = false;
        settled = false;
        more = false;
        receiverMode = -1;
        state = null;
        resume = false;
        aborted = false;
        for (int i = 0; i < count; i++) {
            if (peek() == 0x40) {
                at++;
            } else {
                field(i);
            }
        }
        if (at != limit) {
            throw fault();
        }
        if (handle == NONE) {
            throw FrameException.connection(
                    Condition.INVALID_FIELD, "a transfer without its handle");
        }
    }

    private int list() {
        int code = octet();
        if (code == 0xC0) {
            int size = octet();
            need(size);
            end = at + size;
            limit = end;
            return octet();
        }
        if (code == 0xD0) {
            int size = four();
            need(size);
            end = at + size;
            limit = end;
            return four();
        }
        throw fault();
    }

    private void field(int index) {
        switch (index) {
            case 0 -> handle = uint();
            case 1 -> deliveryId = uint();
            case 2 -> tag();
            case 3 -> messageFormat = uint();
            case 4 -> {
                hasSettled = true;
                settled = flag();
            }
            case 5 -> more = flag();
            case 6 -> receiverMode = ubyte();
            case 7 -> readState();
            case 8 -> resume = flag();
            case 9 -> aborted = flag();
            default -> flag();
        }
    }

    private int ubyte() {
        if (octet() != 0x50) {
            throw fault();
        }
        return octet();
    }

    private void tag() {
        int code = octet();
        int size = code == 0xA0 ? octet() : code == 0xB0 ? four() : -1;
        if (size < 0) {
            throw fault();
        }
        need(size);
        hasTag = true;
        tagLength = size;
        at += size;
    }

    private void readState() {
        try {
            values.over(bytes, at, limit - at);
            state =
                    PerformativeReader.state(
                            values.read() instanceof Described described ? described : null);
            at = values.position();
        } catch (DecodeException e) {
            throw Fields.fault(String.valueOf(e.getMessage()));
        }
    }

    private static FrameException fault() {
        return Fields.fault("a transfer that cannot be read");
    }

    private void need(int count) {
        if (count < 0 || count > limit - at) {
            throw fault();
        }
    }

    private int peek() {
        need(1);
        return bytes[at] & 0xFF;
    }

    private int octet() {
        need(1);
        return bytes[at++] & 0xFF;
    }

    private int four() {
        need(4);
        int value =
                (bytes[at] & 0xFF) << 24
                        | (bytes[at + 1] & 0xFF) << 16
                        | (bytes[at + 2] & 0xFF) << 8
                        | bytes[at + 3] & 0xFF;
        at += 4;
        return value;
    }

    private long uint() {
        return switch (octet()) {
            case 0x43 -> 0;
            case 0x52 -> octet();
            case 0x70 -> four() & 0xFFFF_FFFFL;
            default -> throw fault();
        };
    }

    private boolean flag() {
        return switch (octet()) {
            case 0x41 -> true;
            case 0x42 -> false;
            case 0x56 -> octet() != 0;
            default -> throw fault();
        };
    }

    public long handle() {
        return handle;
    }

    /** {@link #NONE} when it was not sent. */
    public long deliveryId() {
        return deliveryId;
    }

    public boolean hasTag() {
        return hasTag;
    }

    public int tagLength() {
        return tagLength;
    }

    public long messageFormat() {
        return messageFormat;
    }

    public boolean hasSettled() {
        return hasSettled;
    }

    public boolean settled() {
        return settled;
    }

    public boolean more() {
        return more;
    }

    /** -1 when it was not sent. */
    public int receiverMode() {
        return receiverMode;
    }

    public @Nullable DeliveryState state() {
        return state;
    }

    public boolean resume() {
        return resume;
    }

    public boolean aborted() {
        return aborted;
    }

    /** Where the bytes of the message begin. */
    public int end() {
        return end;
    }
}
