package io.polymq.kafka;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.protocol.ApiKeys;

/** Who serves which key. Built once at the start, then only read. */
public final class Routes {

    private final Map<ApiKeys, RequestHandler> handlers = new EnumMap<>(ApiKeys.class);

    public Routes serve(ApiKeys key, RequestHandler handler) {
        if (handlers.put(key, handler) != null) {
            throw new IllegalStateException(key + " is served twice");
        }
        return this;
    }

    Set<ApiKeys> keys() {
        return handlers.keySet();
    }

    void handle(Exchange exchange) {
        RequestHandler handler = handlers.get(exchange.request().key());
        if (handler == null) {
            throw new IllegalStateException("no handler for " + exchange.request().key());
        }
        handler.handle(exchange);
    }
}
