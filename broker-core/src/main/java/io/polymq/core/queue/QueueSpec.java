package io.polymq.core.queue;

import io.polymq.storage.Durability;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a queue behaves. Begin with {@link #DURABLE} or {@link #TRANSIENT} and change what differs.
 *
 * @param durability where messages and acknowledgements are kept; {@link Durability#MEMORY} for a
 *     queue that never touches the store
 * @param limits how much it may hold
 * @param redelivery what becomes of a message that was delivered and not acknowledged
 * @param messageTtl the longest a message may wait; null for ever, {@link Duration#ZERO} only until
 *     no consumer takes it at once. A message's own expiry counts as well, whichever is earlier.
 * @param priorities number of priorities, 0 for none; a message's priority above them counts as the
 *     highest
 * @param dispatch how consumers take turns
 * @param deadLetter where the dead go; null: they are dropped
 */
public record QueueSpec(
        Durability durability,
        Limits limits,
        Redelivery redelivery,
        @Nullable Duration messageTtl,
        int priorities,
        Dispatch dispatch,
        @Nullable DeadLetter deadLetter) {

    /** Stands for "no limit" in every count of this specification. */
    public static final int NONE = -1;

    /** Safe before it is acknowledged, without limits, round robin. */
    public static final QueueSpec DURABLE =
            new QueueSpec(
                    Durability.SYNC,
                    Limits.OFF,
                    Redelivery.AT_ONCE,
                    null,
                    0,
                    Dispatch.ROUND_ROBIN,
                    null);

    /** In this process's memory only. */
    public static final QueueSpec TRANSIENT = DURABLE.withDurability(Durability.MEMORY);

    public QueueSpec {
        Objects.requireNonNull(durability, "durability");
        Objects.requireNonNull(limits, "limits");
        Objects.requireNonNull(redelivery, "redelivery");
        Objects.requireNonNull(dispatch, "dispatch");
        if (messageTtl != null && messageTtl.isNegative()) {
            throw new IllegalArgumentException("messageTtl is negative: " + messageTtl);
        }
        if (priorities < 0 || priorities > 256) {
            throw new IllegalArgumentException("priorities is not 0 to 256: " + priorities);
        }
    }

    public QueueSpec withDurability(Durability level) {
        return new QueueSpec(
                level, limits, redelivery, messageTtl, priorities, dispatch, deadLetter);
    }

    public QueueSpec withLimits(Limits limits) {
        return new QueueSpec(
                durability, limits, redelivery, messageTtl, priorities, dispatch, deadLetter);
    }

    public QueueSpec withRedelivery(Redelivery redelivery) {
        return new QueueSpec(
                durability, limits, redelivery, messageTtl, priorities, dispatch, deadLetter);
    }

    public QueueSpec withMessageTtl(@Nullable Duration ttl) {
        return new QueueSpec(durability, limits, redelivery, ttl, priorities, dispatch, deadLetter);
    }

    public QueueSpec withPriorities(int number) {
        return new QueueSpec(
                durability, limits, redelivery, messageTtl, number, dispatch, deadLetter);
    }

    public QueueSpec withDispatch(Dispatch dispatch) {
        return new QueueSpec(
                durability, limits, redelivery, messageTtl, priorities, dispatch, deadLetter);
    }

    public QueueSpec withDeadLetter(@Nullable DeadLetter target) {
        return new QueueSpec(
                durability, limits, redelivery, messageTtl, priorities, dispatch, target);
    }

    /**
     * How much a queue may hold. Only messages that wait are counted, not those in flight.
     *
     * @param maxMessages {@link #NONE} or a count; 0 keeps only what a consumer takes at once
     * @param maxBytes {@link #NONE} or a sum of payload sizes
     * @param overflow what a full queue does
     * @param maxInFlight deliveries that may be unsettled at once over all consumers, or {@link
     *     #NONE}
     */
    public record Limits(long maxMessages, long maxBytes, Overflow overflow, int maxInFlight) {

        public static final Limits OFF = new Limits(NONE, NONE, Overflow.DROP_HEAD, NONE);

        public Limits {
            Objects.requireNonNull(overflow, "overflow");
            if (maxInFlight == 0) {
                throw new IllegalArgumentException("maxInFlight is 0: nothing would be delivered");
            }
        }
    }

    /**
     * What becomes of a message that was delivered and not acknowledged.
     *
     * @param maxDeliveries deliveries after which it is dead, or {@link #NONE}
     * @param backOff how long each redelivery waits after a failure, the last one for all further;
     *     empty: at once
     * @param ackDeadlines how long a consumer may hold it at its first, second ... delivery, the
     *     last one for all further; empty: for ever
     * @param lateAcks whether the last holder may still acknowledge it after the deadline, as long
     *     as no other got it
     */
    public record Redelivery(
            int maxDeliveries,
            List<Duration> backOff,
            List<Duration> ackDeadlines,
            boolean lateAcks) {

        /** Again at once, as often as it takes. */
        public static final Redelivery AT_ONCE = new Redelivery(NONE, List.of(), List.of(), true);

        public Redelivery {
            backOff = List.copyOf(backOff);
            ackDeadlines = List.copyOf(ackDeadlines);
            if (maxDeliveries == 0) {
                throw new IllegalArgumentException("maxDeliveries is 0: use -1 for no limit");
            }
            if (ackDeadlines.stream().anyMatch(d -> !d.isPositive())) {
                throw new IllegalArgumentException(
                        "ackDeadlines must be positive: " + ackDeadlines);
            }
            if (backOff.stream().anyMatch(Duration::isNegative)) {
                throw new IllegalArgumentException("backOff is negative: " + backOff);
            }
        }

        /** With one deadline for every delivery; zero for none. */
        public Redelivery withAckDeadline(Duration deadline) {
            return new Redelivery(
                    maxDeliveries,
                    backOff,
                    deadline.isZero() ? List.of() : List.of(deadline),
                    lateAcks);
        }

        public Redelivery withMaxDeliveries(int most) {
            return new Redelivery(most, backOff, ackDeadlines, lateAcks);
        }

        /** How long the nth delivery may be held, in milliseconds, 0 for ever. */
        long deadlineMillis(int delivery) {
            return nth(ackDeadlines, delivery);
        }

        /** How long a message waits after its nth delivery failed, in milliseconds. */
        long backOffMillis(int delivery) {
            return nth(backOff, delivery);
        }

        private static long nth(List<Duration> list, int number) {
            return list.isEmpty()
                    ? 0
                    : list.get(Math.min(Math.max(number, 1), list.size()) - 1).toMillis();
        }
    }

    /** What happens to a publish, or to the oldest message, when a limit is reached. */
    public enum Overflow {
        /** The oldest waiting messages go, to the dead letters if there are any. */
        DROP_HEAD,
        /** The publish is refused. */
        REJECT,
        /** The publish is refused, and what was published goes to the dead letters. */
        REJECT_DEAD_LETTER
    }

    /** How consumers take turns. */
    public enum Dispatch {
        ROUND_ROBIN,
        /** The highest consumer priority with credit first, in turns among equals. */
        PRIORITY,
        /** One consumer at a time, the next one when it ends: highest priority, then oldest. */
        SINGLE_ACTIVE,
        /** The same key to the same consumer; the key is the message's subject. */
        STICKY_BY_KEY
    }
}
