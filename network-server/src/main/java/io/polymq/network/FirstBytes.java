package io.polymq.network;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells transports and protocols apart by a client's first bytes. Reads without moving the reader
 * index; the answer does not depend on how the bytes were cut into reads.
 */
final class FirstBytes {

    /** A client that nobody has recognized by then speaks nothing that is served here. */
    static final int ENOUGH = 4096;

    private static final byte[] PROXY_V1 = {'P', 'R', 'O', 'X', 'Y', ' '};
    private static final byte[] PROXY_V2 = {
        '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'
    };
    private static final byte[] HTTP_GET = {'G', 'E', 'T', ' '};

    private FirstBytes() {}

    /** What is spoken. */
    sealed interface Spoken {}

    /** Too few bytes to tell. */
    record Undecided() implements Spoken {}

    /** Nothing that is served. */
    record Unknown() implements Spoken {}

    record Tls() implements Spoken {}

    /** HTTP, in which a WebSocket begins. */
    record Http() implements Spoken {}

    record Protocol(ProtocolBinding binding) implements Spoken {}

    private static final Spoken UNDECIDED = new Undecided();
    private static final Spoken UNKNOWN = new Unknown();
    private static final Spoken TLS = new Tls();
    private static final Spoken HTTP = new Http();

    /**
     * @param tls whether TLS may begin here
     * @param http whether a WebSocket may
     */
    static Spoken tell(ByteBuf in, List<ProtocolBinding> bindings, boolean tls, boolean http) {
        if (!in.isReadable()) {
            return UNDECIDED;
        }
        ProbeResult hello = tls ? tlsHello(in) : ProbeResult.NO;
        if (hello == ProbeResult.YES) {
            return TLS;
        }
        ProbeResult get = http ? startsWith(in, HTTP_GET) : ProbeResult.NO;
        if (get == ProbeResult.YES) {
            return HTTP;
        }
        boolean more = hello == ProbeResult.MORE || get == ProbeResult.MORE;
        for (ProtocolBinding binding : bindings) {
            ProbeResult result = binding.probe(in);
            if (result == ProbeResult.YES) {
                return new Protocol(binding);
            }
            more |= result == ProbeResult.MORE;
        }
        return more && in.readableBytes() < ENOUGH ? UNDECIDED : UNKNOWN;
    }

    /** A PROXY protocol header of either version. */
    static ProbeResult proxyHeader(ByteBuf in) {
        ProbeResult text = startsWith(in, PROXY_V1);
        return text == ProbeResult.NO ? startsWith(in, PROXY_V2) : text;
    }

    /** A TLS record with a handshake message in it. */
    static ProbeResult tlsHello(ByteBuf in) {
        int start = in.readerIndex();
        int present = in.readableBytes();
        if (present > 0 && in.getByte(start) != 0x16
                || present > 1 && in.getByte(start + 1) != 3
                || present > 2 && (in.getByte(start + 2) < 0 || in.getByte(start + 2) > 4)) {
            return ProbeResult.NO;
        }
        return present > 2 ? ProbeResult.YES : ProbeResult.MORE;
    }

    private static ProbeResult startsWith(ByteBuf in, byte[] prefix) {
        int present = Math.min(prefix.length, in.readableBytes());
        for (int i = 0; i < present; i++) {
            if (in.getByte(in.readerIndex() + i) != prefix[i]) {
                return ProbeResult.NO;
            }
        }
        return present == prefix.length ? ProbeResult.YES : ProbeResult.MORE;
    }

    /** The protocol that a client which says nothing is waiting for. */
    static @Nullable ProtocolBinding forSilence(List<ProtocolBinding> bindings) {
        for (ProtocolBinding binding : bindings) {
            if (binding.serverSpeaksFirst()) {
                return binding;
            }
        }
        return null;
    }
}
