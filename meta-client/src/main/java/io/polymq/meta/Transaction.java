package io.polymq.meta;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Operations that happen all together, or not at all when a guard does not hold. Its bounds are
 * those of an etcd server as it comes, so that what one driver takes the other takes as well.
 *
 * @param guards revisions that must still be what they were
 * @param operations at most one per key
 */
public record Transaction(List<Guard> guards, List<Operation> operations) {

    /** Guards, and operations, in one transaction. */
    public static final int MAX_OPERATIONS = 128;

    /** Keys and values of one transaction together. */
    public static final int MAX_BYTES = 1 << 20;

    public Transaction {
        guards = List.copyOf(guards);
        operations = List.copyOf(operations);
        if (guards.size() > MAX_OPERATIONS || operations.size() > MAX_OPERATIONS) {
            throw new IllegalArgumentException(
                    "a transaction takes up to " + MAX_OPERATIONS + " guards and operations");
        }
        long bytes = 0;
        Set<String> keys = new HashSet<>();
        for (Operation operation : operations) {
            String key = operation.key();
            if (key.isEmpty() && !(operation instanceof DeletePrefix)) {
                throw new IllegalArgumentException("a key is not empty");
            }
            if (!keys.add(key)) {
                throw new IllegalArgumentException("two operations on the key " + key);
            }
            bytes += key.getBytes(StandardCharsets.UTF_8).length;
            if (operation instanceof Put put) {
                bytes += put.value().length;
            }
        }
        for (Operation operation : operations) {
            if (operation instanceof DeletePrefix wide) {
                refuseOverlap(wide, operations);
            }
        }
        if (bytes > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "a transaction takes up to "
                            + MAX_BYTES
                            + " bytes of keys and values, this one has "
                            + bytes);
        }
    }

    private static void refuseOverlap(DeletePrefix wide, List<Operation> operations) {
        for (Operation other : operations) {
            if (!other.equals(wide) && other.key().startsWith(wide.key())) {
                throw new IllegalArgumentException(
                        "the key "
                                + other.key()
                                + " is also deleted by the prefix '"
                                + wide.key()
                                + "'");
            }
        }
    }

    public static Transaction of(List<Guard> guards, List<Operation> operations) {
        return new Transaction(guards, operations);
    }

    /** The key's last change must be of this revision; zero: the key must not exist. */
    public record Guard(String key, long modRevision) {}

    /** One change. */
    public sealed interface Operation {
        String key();
    }

    /**
     * Writes; {@code lease} zero means none. The array is handed over: nobody writes to it again.
     */
    public record Put(String key, byte[] value, long lease) implements Operation {}

    public record Delete(String key) implements Operation {}

    /** Deletes every key that begins with {@code key}. */
    public record DeletePrefix(String key) implements Operation {}
}
