package io.polymq.storage;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The headers of one record, encoded as they are added; clear and use again. Not for several
 * threads.
 */
public final class RecordHeaders {

    private byte[] bytes = new byte[256];
    private int length;
    private int count;

    public RecordHeaders clear() {
        length = 0;
        count = 0;
        return this;
    }

    public int count() {
        return count;
    }

    public RecordHeaders add(String name, @Nullable ByteBuffer value) {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        return add(utf8, value);
    }

    public RecordHeaders add(String name, byte[] value) {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        reserve(utf8.length + value.length + 10);
        name(utf8);
        length = Varints.put(bytes, length, value.length);
        System.arraycopy(value, 0, bytes, length, value.length);
        length += value.length;
        return this;
    }

    /** With a name that is UTF-8 already. */
    public RecordHeaders add(byte[] name, @Nullable ByteBuffer value) {
        int size = value == null ? 0 : value.remaining();
        reserve(name.length + size + 10);
        name(name);
        length = Varints.put(bytes, length, value == null ? -1 : size);
        if (value != null) {
            value.get(value.position(), bytes, length, size);
            length += size;
        }
        return this;
    }

    public RecordHeaders addAll(List<StoredRecord.Header> headers) {
        for (StoredRecord.Header header : headers) {
            add(header.name(), header.value());
        }
        return this;
    }

    private void name(byte[] utf8) {
        length = Varints.put(bytes, length, utf8.length);
        System.arraycopy(utf8, 0, bytes, length, utf8.length);
        length += utf8.length;
        count++;
    }

    private void reserve(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, Math.addExact(length, more)));
        }
    }

    int encodedSize() {
        return Varints.sizeOfInt(count) + length;
    }

    int encode(byte[] to, int at) {
        int next = Varints.put(to, at, count);
        System.arraycopy(bytes, 0, to, next, length);
        return next + length;
    }
}
