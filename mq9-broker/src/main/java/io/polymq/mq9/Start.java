package io.polymq.mq9;

import io.polymq.storage.Shard;
import java.util.concurrent.CompletableFuture;

/** Where a reader without a position begins. */
sealed interface Start {

    Start LATEST = new Latest();
    Start EARLIEST = new Earliest();

    /** Only what comes from now on. */
    record Latest() implements Start {}

    /** With the oldest that is there. */
    record Earliest() implements Start {}

    /** With the first mail of that time or later, in milliseconds since 1970. */
    record Time(long millis) implements Start {}

    /** With that mail. */
    record Id(long id) implements Start {}

    static Start of(Body body) {
        String deliver = body.text("deliver");
        return switch (deliver == null ? "latest" : deliver) {
            case "latest" -> LATEST;
            case "earliest" -> EARLIEST;
            case "from_time" -> {
                if (!body.has("from_time")) {
                    throw body.invalid("missing field `from_time`");
                }
                long seconds = body.number("from_time", 0);
                yield new Time(Math.min(seconds, Long.MAX_VALUE / 1000) * 1000);
            }
            case "from_id" -> {
                if (!body.has("from_id")) {
                    throw body.invalid("missing field `from_id`");
                }
                yield new Id(body.number("from_id", 0));
            }
            default ->
                    throw body.invalid(
                            "`deliver` is latest, earliest, from_time or from_id, not " + deliver);
        };
    }

    /** The offset, as of now. */
    default CompletableFuture<Long> resolve(Shard shard) {
        return switch (this) {
            case Latest latest -> CompletableFuture.completedFuture(shard.endOffset());
            case Earliest earliest -> CompletableFuture.completedFuture(shard.startOffset());
            case Time time ->
                    shard.offsetForTime(time.millis())
                            .thenApply(found -> found.orElse(shard.endOffset()));
            case Id id ->
                    CompletableFuture.completedFuture(
                            Math.clamp(id.id(), shard.startOffset(), shard.endOffset()));
        };
    }
}
