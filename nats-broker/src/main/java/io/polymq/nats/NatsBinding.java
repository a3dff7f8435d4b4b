package io.polymq.nats;

import io.netty.buffer.ByteBuf;
import io.polymq.network.Connection;
import io.polymq.network.ProbeResult;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.ProtocolHandler;
import java.util.List;

/** How the network layer meets NATS. Shared, immutable. */
final class NatsBinding implements ProtocolBinding {

    static final String NAME = "nats";

    private static final int TLS_HANDSHAKE = 0x16;
    private static final List<String> VERBS =
            List.of("connect ", "ping", "pub ", "sub ", "hpub ", "unsub ", "pong", "info ");

    private final NatsBroker broker;

    NatsBinding(NatsBroker broker) {
        this.broker = broker;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<String> alpnNames() {
        return List.of(NAME);
    }

    @Override
    public List<String> webSocketSubprotocols() {
        return List.of();
    }

    @Override
    public boolean serverSpeaksFirst() {
        return true;
    }

    @Override
    public ProbeResult probe(ByteBuf first) {
        int length = first.readableBytes();
        if (length == 0 || first.getByte(first.readerIndex()) == TLS_HANDSHAKE) {
            return ProbeResult.MORE;
        }
        ProbeResult result = ProbeResult.NO;
        for (String verb : VERBS) {
            int common = Math.min(length, verb.length());
            int same = 0;
            while (same < common
                    && lower(first.getByte(first.readerIndex() + same)) == verb.charAt(same)) {
                same++;
            }
            if (same == verb.length()) {
                return ProbeResult.YES;
            }
            if (same == length) {
                result = ProbeResult.MORE;
            }
        }
        return result;
    }

    private static int lower(byte b) {
        return b == '\t' ? ' ' : b | 0x20;
    }

    @Override
    public ProtocolHandler open(Connection connection) {
        return broker.open(connection);
    }
}
