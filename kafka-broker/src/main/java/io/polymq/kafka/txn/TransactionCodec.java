package io.polymq.kafka.txn;

import io.polymq.kafka.txn.Participant.Offsets;
import io.polymq.kafka.txn.Participant.Partition;
import io.polymq.kafka.txn.Transaction.Phase;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Transactions as records: the key says whose, the value how it stands. Any thread. */
final class TransactionCodec {

    private static final byte FORMAT = 1;
    private static final int FIXED_BYTES = 54;
    private static final byte PARTITION = 0;
    private static final byte OFFSETS = 1;

    private TransactionCodec() {}

    static ByteBuffer key(TransactionKey key) {
        byte[] tenant = key.tenant().getBytes(StandardCharsets.UTF_8);
        byte[] id = key.id().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(3 + tenant.length + id.length)
                .put(FORMAT)
                .putShort((short) tenant.length)
                .put(tenant)
                .put(id)
                .flip();
    }

    /** Null when it is of a newer format. */
    static @Nullable TransactionKey key(ByteBuffer from) {
        ByteBuffer at = from.duplicate();
        if (at.get() != FORMAT) {
            return null;
        }
        byte[] tenant = new byte[at.getShort()];
        at.get(tenant);
        byte[] id = new byte[at.remaining()];
        at.get(id);
        return new TransactionKey(
                new String(tenant, StandardCharsets.UTF_8), new String(id, StandardCharsets.UTF_8));
    }

    static ByteBuffer value(Transaction of) {
        ByteBuffer to = ByteBuffer.allocate(FIXED_BYTES + of.participants().size() * 21);
        to.put(FORMAT).put((byte) of.phase().ordinal());
        to.putLong(of.producerId()).putLong(of.previousId()).putLong(of.nextId());
        to.putShort(of.epoch()).putShort(of.lastEpoch()).putInt(of.timeoutMillis());
        to.putLong(of.begun()).putLong(of.updated()).putInt(of.participants().size());
        for (Participant participant : of.participants()) {
            switch (participant) {
                case Partition(UUID topic, int number) ->
                        to.put(PARTITION)
                                .putLong(topic.getMostSignificantBits())
                                .putLong(topic.getLeastSignificantBits())
                                .putInt(number);
                case Offsets(int partition) -> to.put(OFFSETS).putInt(partition);
            }
        }
        return to.flip();
    }

    /**
     * @throws BufferUnderflowException when it is cut short
     */
    static @Nullable Transaction value(ByteBuffer from) {
        ByteBuffer at = from.duplicate();
        if (at.get() != FORMAT) {
            return null;
        }
        Phase phase = Phase.values()[at.get()];
        long id = at.getLong();
        long previous = at.getLong();
        long next = at.getLong();
        short epoch = at.getShort();
        short last = at.getShort();
        int timeout = at.getInt();
        long begun = at.getLong();
        long updated = at.getLong();
        Set<Participant> participants = new HashSet<>();
        for (int left = at.getInt(); left > 0; left--) {
            participants.add(
                    at.get() == PARTITION
                            ? new Partition(new UUID(at.getLong(), at.getLong()), at.getInt())
                            : new Offsets(at.getInt()));
        }
        return new Transaction(
                id, previous, next, epoch, last, timeout, phase, participants, begun, updated);
    }
}
