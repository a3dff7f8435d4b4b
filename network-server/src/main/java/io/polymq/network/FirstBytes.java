package io.polymq.network;

import io.netty.buffer.ByteBuf;

/** What transports look like at their first bytes. Reads without moving the reader index. */
final class FirstBytes {

    private FirstBytes() {}

    /** A TLS record that carries a handshake: at least its first byte, as far as more is there. */
    static boolean isTlsHello(ByteBuf in) {
        int start = in.readerIndex();
        return in.getByte(start) == 0x16
                && (in.readableBytes() < 2 || in.getByte(start + 1) == 0x03)
                && (in.readableBytes() < 3 || in.getByte(start + 2) <= 0x04);
    }

    /** An HTTP GET, the only way that a WebSocket begins. */
    static ProbeResult isHttpGet(ByteBuf in) {
        return startsWith(in, "GET ");
    }

    private static ProbeResult startsWith(ByteBuf in, String prefix) {
        int present = Math.min(prefix.length(), in.readableBytes());
        for (int i = 0; i < present; i++) {
            if (in.getByte(in.readerIndex() + i) != prefix.charAt(i)) {
                return ProbeResult.NO;
            }
        }
        return present == prefix.length() ? ProbeResult.YES : ProbeResult.MORE;
    }
}
