package io.polymq.network;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Telling one of five protocols by its first bytes, the last one asked. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class ProbeBenchmark {

    private final List<ProtocolBinding> bindings = new ArrayList<>();
    private final ByteBuf first =
            Unpooled.directBuffer().writeBytes("E-greeting".getBytes(StandardCharsets.US_ASCII));

    public ProbeBenchmark() {
        for (char prefix = 'A'; prefix <= 'E'; prefix++) {
            bindings.add(new Prefixed((byte) prefix));
        }
    }

    @Benchmark
    public Object tell() {
        return FirstBytes.tell(first, bindings, true, true);
    }

    private record Prefixed(byte prefix) implements ProtocolBinding {

        @Override
        public String name() {
            return "prefixed-" + (char) prefix;
        }

        @Override
        public List<String> alpnNames() {
            return List.of();
        }

        @Override
        public List<String> webSocketSubprotocols() {
            return List.of();
        }

        @Override
        public ProbeResult probe(ByteBuf bytes) {
            return bytes.getByte(bytes.readerIndex()) == prefix ? ProbeResult.YES : ProbeResult.NO;
        }

        @Override
        public ProtocolHandler open(Connection connection) {
            throw new IllegalStateException("only probed");
        }
    }
}
