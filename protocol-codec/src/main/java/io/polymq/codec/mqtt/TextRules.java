package io.polymq.codec.mqtt;

/** Which byte strings are UTF-8 strings of MQTT (1.5.4). Stateless. */
public final class TextRules {

    private TextRules() {}

    /**
     * Whether the bytes are well-formed UTF-8 without U+0000: no overlong forms, no surrogates,
     * nothing above U+10FFFF.
     *
     * @param strict also refuses control characters and non-characters, as the specification lets a
     *     receiver do; for names (topics, client identifiers, users)
     */
    public static boolean isText(byte[] bytes, int offset, int length, boolean strict) {
        int at = offset;
        int end = offset + length;
        while (at < end) {
            int b = bytes[at];
            if (b >= 0) {
                if (b == 0 || strict && (b < 0x20 || b == 0x7F)) {
                    return false;
                }
                at++;
                continue;
            }
            int size = sequence(bytes, at, end, strict);
            if (size == 0) {
                return false;
            }
            at += size;
        }
        return true;
    }

    /** The size of the multi-byte sequence at {@code at}, 0 when it is not allowed. */
    private static int sequence(byte[] bytes, int at, int end, boolean strict) {
        int first = bytes[at] & 0xFF;
        int size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
        if (first < 0xC2 || first > 0xF4 || end - at < size) {
            return 0;
        }
        int point = first & 0xFF >> size + 1;
        for (int i = 1; i < size; i++) {
            int next = bytes[at + i];
            if ((next & 0xC0) != 0x80) {
                return 0;
            }
            point = point << 6 | next & 0x3F;
        }
        boolean shortest = size == 2 || size == 3 && point >= 0x800 || point >= 0x10000;
        boolean surrogate = point >= 0xD800 && point <= 0xDFFF;
        if (!shortest || surrogate || point > 0x10FFFF || strict && isUnwanted(point)) {
            return 0;
        }
        return size;
    }

    private static boolean isUnwanted(int point) {
        return point < 0xA0 || (point & 0xFFFE) == 0xFFFE || point >= 0xFDD0 && point <= 0xFDEF;
    }
}
