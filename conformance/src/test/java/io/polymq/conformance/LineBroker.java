package io.polymq.conformance;

import io.netty.buffer.ByteBuf;
import io.polymq.network.Connection;
import io.polymq.network.ProbeResult;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.ProtocolHandler;
import io.prometheus.metrics.core.metrics.Counter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A toy protocol of lines, the example of docs/adding-a-protocol.md.
 *
 * <pre>
 *   HELLO name           OK, or NO and why          who comes
 *   PING n               PONG n
 *   SUB filter           OK, then MSG subject text  live messages, from whatever protocol
 *   PUB subject text     DONE                       when every topic that captures it has it safe
 *   READ topic offset    REC offset text ... END n  what the topic's first partition holds
 *   PUT queue text       DONE                       when the queue has it safe
 *   TAKE queue           GOT offset text            one message, as soon as there is one
 *   ACK queue offset     DONE                       when the queue has forgotten it for good
 * </pre>
 */
final class LineBroker implements ProtocolBinding {

    private final LineBrokerParams params;
    private final Counter lines;

    LineBroker(LineBrokerParams params) {
        this.params = params;
        lines =
                Counter.builder()
                        .name("polymq_line_lines")
                        .help("Lines that clients have sent")
                        .register(params.metrics());
    }

    @Override
    public String name() {
        return "line";
    }

    @Override
    public List<String> alpnNames() {
        return List.of("line");
    }

    @Override
    public List<String> webSocketSubprotocols() {
        return List.of("line");
    }

    /** A client's first line says hello. */
    @Override
    public ProbeResult probe(ByteBuf first) {
        byte[] hello = "HELLO ".getBytes(StandardCharsets.US_ASCII);
        int present = Math.min(first.readableBytes(), hello.length);
        for (int i = 0; i < present; i++) {
            if (first.getByte(first.readerIndex() + i) != hello[i]) {
                return ProbeResult.NO;
            }
        }
        return present == hello.length ? ProbeResult.YES : ProbeResult.MORE;
    }

    @Override
    public ProtocolHandler open(Connection connection) {
        return new LineConnection(connection, params, lines);
    }
}
