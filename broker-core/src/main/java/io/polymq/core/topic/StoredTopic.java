package io.polymq.core.topic;

import io.polymq.core.message.Message;
import io.polymq.core.service.Allowance;
import io.polymq.storage.AppendListener;
import io.polymq.storage.Durability;
import io.polymq.storage.Shard;
import io.polymq.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A topic as of one specification. Shared, immutable over its log. */
record StoredTopic(String tenant, TopicSpec spec, TopicLog log) implements Topic {

    @Override
    public UUID id() {
        return log.id();
    }

    @Override
    public Shard partition(int number) {
        return log.writer(number).shard();
    }

    @Override
    public void append(
            int partition, ByteBuffer batches, Durability durability, AppendListener listener) {
        log.append(partition, batches, durability, listener);
    }

    @Override
    public @Nullable RefusedRecord refused(ByteBuffer batches) {
        return log.space().isGuarded() ? BatchCheck.refused(log, batches) : null;
    }

    @Override
    public void append(Message message, AppendListener listener) {
        log.append(message, listener);
    }

    @Override
    public @Nullable StorageException ofRouted(@Nullable StorageException failure) {
        return log.ofRouted(failure);
    }

    @Override
    public void handedOut(int partition, long from, int bytes, long connection) {
        log.handedOut(partition, from, bytes, connection);
    }

    @Override
    public void handedOutRecords(int partition, long first, long last, long connection) {
        log.handedOutRecords(partition, first, last, connection);
    }

    @Override
    public Allowance allowance() {
        return log.allowance();
    }

    @Override
    public long storedBytes() {
        return log.storedBytes();
    }

    @Override
    public void guard(@Nullable Guard guard) {
        log.guard(guard);
    }

    @Override
    public void intake(@Nullable Intake intake) {
        log.intake(intake);
    }

    @Override
    public void admit(
            int partition, ByteBuffer batches, Durability durability, AppendListener listener) {
        log.admit(partition, batches, durability, listener);
    }
}
