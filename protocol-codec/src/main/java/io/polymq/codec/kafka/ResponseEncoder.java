package io.polymq.codec.kafka;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Writable;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** Writes responses: length, header, body, with records linked where they are. Stateless. */
public final class ResponseEncoder {

    private static final int LENGTH_BYTES = 4;

    private ResponseEncoder() {}

    /** Writes a whole response frame; its size in bytes. */
    public static int encode(
            ApiKeys key, short version, int correlationId, ApiMessage body, ResponseTarget target) {
        short headerVersion = key.responseHeaderVersion(version);
        ResponseHeaderData header = new ResponseHeaderData().setCorrelationId(correlationId);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        MessageSizeAccumulator size = new MessageSizeAccumulator();
        header.addSize(size, cache, headerVersion);
        body.addSize(size, cache, version);
        int length = size.totalSize();
        Writer writer = new Writer(target, LENGTH_BYTES + size.sizeExcludingZeroCopy());
        writer.writeInt(length);
        header.write(writer, cache, headerVersion);
        body.write(writer, cache, version);
        return LENGTH_BYTES + length;
    }

    /** Writes into the target's buffers and asks for more behind each run of records. */
    private static final class Writer implements Writable {

        private final ResponseTarget target;
        private ByteBuf out;

        /** What is still to come apart from records and large byte fields. */
        private int fixedLeft;

        private int startedAt;

        Writer(ResponseTarget target, int fixed) {
            this.target = target;
            this.fixedLeft = fixed;
            this.out = target.room(fixed);
            this.startedAt = out.writerIndex();
        }

        @Override
        public void writeByte(byte value) {
            out.writeByte(value);
        }

        @Override
        public void writeShort(short value) {
            out.writeShort(value);
        }

        @Override
        public void writeInt(int value) {
            out.writeInt(value);
        }

        @Override
        public void writeLong(long value) {
            out.writeLong(value);
        }

        @Override
        public void writeDouble(double value) {
            out.writeDouble(value);
        }

        @Override
        public void writeByteArray(byte[] bytes) {
            out.writeBytes(bytes);
        }

        @Override
        public void writeUnsignedVarint(int value) {
            int rest = value;
            while ((rest & ~0x7f) != 0) {
                out.writeByte(rest & 0x7f | 0x80);
                rest >>>= 7;
            }
            out.writeByte(rest);
        }

        @Override
        public void writeVarint(int value) {
            writeUnsignedVarint(value << 1 ^ value >> 31);
        }

        @Override
        public void writeVarlong(long value) {
            long rest = value << 1 ^ value >> 63;
            while ((rest & ~0x7fL) != 0) {
                out.writeByte((int) (rest & 0x7f) | 0x80);
                rest >>>= 7;
            }
            out.writeByte((int) rest);
        }

        /** Large byte fields, which the size leaves out as it does records. */
        @Override
        public void writeByteBuffer(ByteBuffer bytes) {
            leave();
            target.memory(bytes.duplicate());
            goOn();
        }

        @Override
        public void writeRecords(BaseRecords records) {
            if (records.sizeInBytes() == 0) {
                return;
            }
            leave();
            switch (records) {
                case RecordSections sections -> write(sections);
                case MemoryRecords memory -> target.memory(memory.buffer().duplicate());
                default ->
                        throw new IllegalArgumentException(
                                "records of " + records.getClass().getName());
            }
            goOn();
        }

        private void write(RecordSections sections) {
            for (RecordSections.Section section : sections.sections()) {
                switch (section) {
                    case RecordSections.Section.Memory(ByteBuffer buffer) ->
                            target.memory(buffer.duplicate());
                    case RecordSections.Section.Region region ->
                            target.region(
                                    region.file(),
                                    region.position(),
                                    region.bytes(),
                                    region.release());
                }
            }
        }

        private void leave() {
            fixedLeft -= out.writerIndex() - startedAt;
        }

        private void goOn() {
            out = target.room(fixedLeft);
            startedAt = out.writerIndex();
        }
    }
}
