package io.polymq.meta;

import java.util.List;

/**
 * Operations that happen all together, or not at all when a guard does not hold.
 *
 * @param guards revisions that must still be what they were
 * @param operations at most one per key
 */
public record Transaction(List<Guard> guards, List<Operation> operations) {

    public Transaction {
        guards = List.copyOf(guards);
        operations = List.copyOf(operations);
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

    /** Writes; {@code lease} zero means none. */
    public record Put(String key, byte[] value, long lease) implements Operation {}

    public record Delete(String key) implements Operation {}

    /** Deletes every key that begins with {@code key}. */
    public record DeletePrefix(String key) implements Operation {}
}
