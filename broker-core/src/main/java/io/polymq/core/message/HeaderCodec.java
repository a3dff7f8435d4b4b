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
}
