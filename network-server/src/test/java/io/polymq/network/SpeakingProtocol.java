package io.polymq.network;

import io.netty.buffer.ByteBuf;
import java.util.List;

/** A protocol in which the server speaks first; commands begin with a dot. */
final class SpeakingProtocol implements ProtocolBinding {

    @Override
    public String name() {
        return "speaking";
    }

    @Override
    public List<String> alpnNames() {
        return List.of("speaking");
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
        if (!first.isReadable()) {
            return ProbeResult.MORE;
        }
        return first.getByte(first.readerIndex()) == '.' ? ProbeResult.YES : ProbeResult.NO;
    }

    @Override
    public ProtocolHandler open(Connection connection) {
        LineProtocol.say(connection, "WELCOME");
        return new ProtocolHandler() {
            @Override
            public void read(ByteBuf in) {
                LineProtocol.say(connection, "HEARD " + in.readableBytes());
                in.skipBytes(in.readableBytes());
            }

            @Override
            public void ending(CloseReason reason) {
                connection.close(reason);
            }

            @Override
            public void closed(CloseReason reason) {
                assert !connection.isOpen();
            }
        };
    }
}
