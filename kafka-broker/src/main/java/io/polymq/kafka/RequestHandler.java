package io.polymq.kafka;

/** Serves one key. Called on the connection's loop, in the order of the requests. */
@FunctionalInterface
public interface RequestHandler {

    /** Answers now or later, exactly once, by one of the exchange's closing methods. */
    void handle(Exchange exchange);
}
