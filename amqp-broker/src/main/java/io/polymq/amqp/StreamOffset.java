package io.polymq.amqp;

import io.polymq.amqp.model.ModelException;
import io.polymq.storage.Shard;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Where in a stream a consumer begins ({@code x-stream-offset}). Immutable. */
public sealed interface StreamOffset {

    record First() implements StreamOffset {}

    record Last() implements StreamOffset {}

    record Next() implements StreamOffset {}

    record At(long offset) implements StreamOffset {}

    record Since(Instant time) implements StreamOffset {}

    /**
     * @param raw the argument with the type that it came in
     * @throws ModelException when it is none of what is understood
     */
    static StreamOffset of(@Nullable Object raw, String what, Instant now) {
        return switch (raw) {
            case null -> new Next();
            case Instant time -> new Since(time);
            case Byte number -> new At(number);
            case Short number -> new At(number);
            case Integer number -> new At(number);
            case Long number -> new At(number);
            case String word -> word(word, what, now);
            default -> throw invalid(raw, what);
        };
    }

    private static StreamOffset word(String word, String what, Instant now) {
        return switch (word) {
            case "first" -> new First();
            case "last" -> new Last();
            case "next" -> new Next();
            default -> {
                Duration age = age(word);
                if (age == null) {
                    throw invalid(word, what);
                }
                yield new Since(now.minus(age));
            }
        };
    }

    private static ModelException invalid(Object raw, String what) {
        return AmqpErrors.precondition(
                "invalid arg 'x-stream-offset' for " + what + ": invalid_offset_arg " + raw);
    }

    private static @Nullable Duration age(String text) {
        int last = text.length() - 1;
        if (last < 1 || last > 10) {
            return null;
        }
        Duration unit =
                switch (text.charAt(last)) {
                    case 'Y' -> Duration.ofDays(365);
                    case 'M' -> Duration.ofDays(30);
                    case 'D' -> Duration.ofDays(1);
                    case 'h' -> Duration.ofHours(1);
                    case 'm' -> Duration.ofMinutes(1);
                    case 's' -> Duration.ofSeconds(1);
                    default -> null;
                };
        String number = text.substring(0, last);
        return unit == null || !number.chars().allMatch(c -> c >= '0' && c <= '9')
                ? null
                : unit.multipliedBy(Long.parseLong(number));
    }

    /** The first offset to be read. */
    default CompletableFuture<Long> in(Shard shard) {
        return switch (this) {
            case First first -> CompletableFuture.completedFuture(shard.startOffset());
            case Last last ->
                    CompletableFuture.completedFuture(
                            Math.max(shard.startOffset(), shard.highWatermark() - 1));
            case Next next -> CompletableFuture.completedFuture(shard.highWatermark());
            case At at ->
                    CompletableFuture.completedFuture(Math.max(shard.startOffset(), at.offset()));
            case Since since ->
                    shard.offsetForTime(since.time().toEpochMilli())
                            .thenApply(found -> found.orElse(shard.highWatermark()));
        };
    }
}
