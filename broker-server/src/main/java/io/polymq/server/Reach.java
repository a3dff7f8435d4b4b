package io.polymq.server;

import io.polymq.config.PolyMqConfig;
import io.polymq.config.RuntimeConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** From where the broker can be reached. */
final class Reach {
    private Reach() {}

    static boolean loopbackOnly(PolyMqConfig config) {
        return beyondLoopback(config).isEmpty();
    }

    private static Optional<String> beyondLoopback(PolyMqConfig config) {
        return Stream.of(
                        config.mqttRuntime(),
                        config.kafkaRuntime(),
                        config.amqpRuntime(),
                        config.natsRuntime())
                .filter(RuntimeConfig::enabled)
                .map(runtime -> hosts(config, runtime))
                .flatMap(List::stream)
                .filter(host -> !isLoopback(host))
                .findFirst();
    }

    private static List<String> hosts(PolyMqConfig config, RuntimeConfig runtime) {
        return runtime.bind().isEmpty() ? config.network().bind() : runtime.bind();
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException unknown) {
            return false;
        }
    }
}
