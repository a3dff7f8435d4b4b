package io.polymq.codec.kafka;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.ArrayOf;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.CompactArrayOf;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** Messages filled at random after Kafka's own schemas and written by Kafka's own serialisation. */
public final class GoldenFrames {

    private final Random random;

    public GoldenFrames(long seed) {
        random = new Random(seed);
    }

    public byte[] request(ApiKeys key, short version, int correlationId, String clientId) {
        RequestHeaderData header =
                new RequestHeaderData()
                        .setRequestApiKey(key.id)
                        .setRequestApiVersion(version)
                        .setCorrelationId(correlationId)
                        .setClientId(clientId);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        short headerVersion = key.requestHeaderVersion(version);
        byte[] body = struct(key.messageType.requestSchemas()[version]);
        int headerSize = header.size(cache, headerVersion);
        ByteBuffer frame = ByteBuffer.allocate(4 + headerSize + body.length);
        frame.putInt(headerSize + body.length);
        header.write(new ByteBufferAccessor(frame), cache, headerVersion);
        frame.put(body);
        return frame.array();
    }

    public byte[] struct(Schema schema) {
        Struct struct = fill(schema);
        ByteBuffer bytes = ByteBuffer.allocate(schema.sizeOf(struct));
        schema.write(bytes, struct);
        return bytes.array();
    }

    private Struct fill(Schema schema) {
        Struct struct = new Struct(schema);
        for (BoundField field : schema.fields()) {
            struct.set(field, value(field.def.type));
        }
        return struct;
    }

    private Object value(Type type) {
        return switch (type) {
            case Schema schema -> fill(schema);
            case ArrayOf array -> list(array.arrayElementType().orElseThrow());
            case CompactArrayOf array -> list(array.arrayElementType().orElseThrow());
            case TaggedFields tagged -> tagged(tagged);
            default -> plain(type);
        };
    }

    private Object[] list(Type of) {
        List<Object> elements = new ArrayList<>();
        int size = 1 + random.nextInt(3);
        for (int i = 0; i < size; i++) {
            elements.add(value(of));
        }
        return elements.toArray();
    }

    private NavigableMap<Integer, Object> tagged(TaggedFields type) {
        NavigableMap<Integer, Object> fields = new TreeMap<>();
        type.fields().forEach((tag, field) -> fields.put(tag, value(field.type)));
        return fields;
    }

    private Object plain(Type type) {
        String name = type.toString();
        if (type.isNullable() && random.nextInt(3) == 0 && !name.contains("RECORDS")) {
            return null;
        }
        return switch (name) {
            case "BOOLEAN" -> random.nextBoolean();
            case "INT8" -> (byte) random.nextInt();
            case "INT16" -> (short) random.nextInt();
            case "UINT16" -> random.nextInt(1 << 16);
            case "INT32" -> random.nextInt();
            case "UINT32" -> random.nextInt() & 0xffffffffL;
            case "INT64" -> random.nextLong();
            case "FLOAT64" -> random.nextDouble();
            case "UUID" -> new Uuid(random.nextLong(), random.nextLong());
            case "STRING", "COMPACT_STRING", "NULLABLE_STRING", "COMPACT_NULLABLE_STRING" ->
                    "s" + random.nextInt(1000);
            case "BYTES", "COMPACT_BYTES", "NULLABLE_BYTES", "COMPACT_NULLABLE_BYTES" -> {
                byte[] bytes = new byte[random.nextInt(20)];
                random.nextBytes(bytes);
                yield ByteBuffer.wrap(bytes);
            }
            case "RECORDS", "COMPACT_RECORDS", "NULLABLE_RECORDS", "COMPACT_NULLABLE_RECORDS" -> {
                byte[] bytes = new byte[1 + random.nextInt(30)];
                random.nextBytes(bytes);
                yield MemoryRecords.readableRecords(ByteBuffer.wrap(bytes));
            }
            default -> throw new IllegalArgumentException(name);
        };
    }
}
