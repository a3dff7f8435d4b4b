package io.polymq.server;

import io.polymq.network.BoundAddress;
import io.polymq.network.TransportKind;

/** A line to try for each protocol; transports for which no common tool has an option get none. */
final class Examples {
    private Examples() {}

    static String of(BoundAddress bound, String address) {
        int colon = address.lastIndexOf(':');
        String host = colon < 0 ? address : address.substring(0, colon);
        String port = address.substring(colon + 1);
        boolean tls = bound.transport() == TransportKind.TLS;
        if (!tls && bound.transport() != TransportKind.TCP) {
            return "";
        }
        return switch (bound.protocol()) {
            case "mqtt" ->
                    "mosquitto_sub -h "
                            + host
                            + " -p "
                            + port
                            + (tls ? " --cafile CA.crt" : "")
                            + " -v -t '#'";
            case "kafka" -> "kcat -b " + address + (tls ? " -X security.protocol=ssl" : "") + " -L";
            case "amqp" ->
                    "amqp-consume --url=amqp" + (tls ? "s" : "") + "://" + address + " -q q cat";
            case "nats" -> "nats --server " + address + " sub '>'";
            default -> "";
        };
    }
}
