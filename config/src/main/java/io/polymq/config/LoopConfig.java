package io.polymq.config;

/**
 * {@code [<protocol>_runtime.network]}: a protocol's own threads.
 *
 * @param acceptThreadNum threads that accept connections
 * @param handlerThreadNum event loops that run connections; 0: after the number of cores
 * @param queueSize tasks that may wait per loop before the sender is slowed down
 */
public record LoopConfig(int acceptThreadNum, int handlerThreadNum, int queueSize) {

    public static final LoopConfig DEFAULT = new LoopConfig(1, 0, 65_536);

    public LoopConfig {
        if (acceptThreadNum < 1) {
            throw new IllegalArgumentException(
                    "accept_thread_num must be at least 1, but is " + acceptThreadNum);
        }
        if (handlerThreadNum < 0) {
            throw new IllegalArgumentException(
                    "handler_thread_num must not be negative, but is " + handlerThreadNum);
        }
        if (queueSize < 16) {
            throw new IllegalArgumentException(
                    "queue_size must be at least 16, but is " + queueSize);
        }
    }
}
