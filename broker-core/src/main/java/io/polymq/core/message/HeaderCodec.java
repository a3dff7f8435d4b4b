package io.polymq.core.message;

/**
 * Translates between one protocol's own message header and neutral properties. One instance per
 * protocol, shared and stateless; its identity tells whose header a message carries.
 */
public interface HeaderCodec {

    /** The protocol's name, stored with its headers. */
    String protocol();

    /** Never throws: what cannot be read is left out. */
    MessageProperties decode(byte[] header, int offset, int length, int flags);

    /**
     * When the message ends to be of use, in milliseconds since 1970, -1 for never. Protocols whose
     * header says how long instead of until when count from {@code publishedAt}. Asked for each
     * message that is queued or retained, so worth answering without decoding the rest.
     */
    default long expiresAt(byte[] header, int offset, int length, int flags, long publishedAt) {
        return decode(header, offset, length, flags).expiresAt();
    }

    /** The priority, -1 when it has none; asked for each message of a queue with priorities. */
    default int priority(byte[] header, int offset, int length, int flags) {
        return decode(header, offset, length, flags).priority();
    }
}
