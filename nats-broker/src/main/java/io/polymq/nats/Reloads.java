package io.polymq.nats;

import io.polymq.nats.options.JetStreamOptions;
import io.polymq.nats.options.ListenOptions;
import io.polymq.nats.options.ServerOptions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a configuration that is read again may not change. Stateless. */
final class Reloads {

    private Reloads() {}

    /** The first thing that has changed and needs a new start; null when there is none. */
    static @Nullable String changedForGood(ServerOptions before, ServerOptions now) {
        ListenOptions was = before.listen();
        ListenOptions is = now.listen();
        if (!was.host().equals(is.host()) || was.port() != is.port()) {
            return "listen";
        }
        if (was.httpPort() != is.httpPort()
                || was.httpsPort() != is.httpsPort()
                || !Objects.equals(was.httpHost(), is.httpHost())) {
            return "http";
        }
        if (!Objects.equals(before.serverName(), now.serverName())) {
            return "server_name";
        }
        JetStreamOptions streams = before.jetStream();
        if (streams.enabled() != now.jetStream().enabled()
                || !Objects.equals(streams.storeDir(), now.jetStream().storeDir())) {
            return "jetstream";
        }
        if (!before.transports().equals(now.transports())) {
            return "tls and websocket";
        }
        boolean operator = before.identity().operator() != null;
        return operator == (now.identity().operator() != null) ? null : "operator";
    }
}
