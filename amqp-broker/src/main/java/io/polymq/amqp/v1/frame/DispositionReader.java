package io.polymq.amqp.v1.frame;

import org.jspecify.annotations.Nullable;

/**
 * Reads dispositions as clients write nearly all of them, of which there may be one for each
 * message: without an object for each of their fields. What is written otherwise, or wrongly, is
 * left to the {@link PerformativeReader}. One thread.
 */
final class DispositionReader {

    private static final int FIELDS = 5;

    /** What stands in front of a field that is none of those that are read here. */
    private static final int OTHER = -1;

    private byte[] bytes = {};
    private int at;
    private int end;

    /** Null when it is another performative, or is to be read in another way. */
    Performative.@Nullable Disposition read(byte[] from, int offset, int length) {
        bytes = from;
        at = offset;
        end = offset + length;
        if (!isDescriptor(Descriptors.DISPOSITION)) {
            return null;
        }
        long count = list();
        if (count < 2 || count > FIELDS) {
            return null;
        }
        int receiver = flag();
        long first = number();
        long last = count > 2 ? numberOrNull(first) : first;
        int settled = count > 3 ? flagOrNull() : 0;
        DeliveryState state = count > 4 ? state() : null;
        return receiver == OTHER
                        || first == OTHER
                        || last == OTHER
                        || settled == OTHER
                        || count > 4 && state == null
                        || at != end
                ? null
                : new Performative.Disposition(
                        receiver == 1, (int) first, (int) last, settled == 1, state);
    }

    private boolean isDescriptor(int code) {
        return octet() == 0 && octet() == 0x53 && octet() == code;
    }

    /** How many fields there are in a list that reaches to the end. */
    private long list() {
        int code = octet();
        boolean large = code == 0xD0;
        if (!large && code != 0xC0) {
            return OTHER;
        }
        long size = large ? four() : octet();
        int from = at;
        long count = large ? four() : octet();
        return size == end - from ? count : OTHER;
    }

    private @Nullable DeliveryState state() {
        boolean described = octet() == 0 && octet() == 0x53;
        int code = octet();
        return described && isEmptyList()
                ? switch (code) {
                    case Descriptors.ACCEPTED -> DeliveryState.ACCEPTED;
                    case Descriptors.RELEASED -> DeliveryState.RELEASED;
                    default -> null;
                }
                : null;
    }

    private boolean isEmptyList() {
        int code = octet();
        return code == 0x45 || code == 0xC0 && octet() == 1 && octet() == 0;
    }

    private int flag() {
        return switch (octet()) {
            case 0x41 -> 1;
            case 0x42 -> 0;
            default -> OTHER;
        };
    }

    private int flagOrNull() {
        return isNull() ? 0 : flag();
    }

    private long number() {
        return switch (octet()) {
            case 0x43 -> 0;
            case 0x52 -> octet();
            case 0x70 -> four();
            default -> OTHER;
        };
    }

    private long four() {
        return (long) octet() << 24 | (long) octet() << 16 | (long) octet() << 8 | octet();
    }

    private long numberOrNull(long absent) {
        return isNull() ? absent : number();
    }

    private boolean isNull() {
        boolean found = at < end && bytes[at] == 0x40;
        at += found ? 1 : 0;
        return found;
    }

    /** Beyond the end there is nothing that any field could be, and the end is missed. */
    private int octet() {
        return at < end ? bytes[at++] & 0xFF : beyond();
    }

    private int beyond() {
        at = end + 1;
        return OTHER;
    }
}
