package io.polymq.meta.embedded;

import io.polymq.meta.MetadataStore.Entry;
import java.nio.ByteBuffer;

/**
 * How an entry lies in its row: create revision, revision of the last change, lease, each eight
 * bytes, then the value. Immutable.
 */
record Row(long createRevision, long modRevision, long lease, byte[] value) {

    private static final int FIXED = 24;

    static Row parse(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        long created = in.getLong();
        long modified = in.getLong();
        long lease = in.getLong();
        byte[] value = new byte[in.remaining()];
        in.get(value);
        return new Row(created, modified, lease, value);
    }

    byte[] bytes() {
        return ByteBuffer.allocate(FIXED + value.length)
                .putLong(createRevision)
                .putLong(modRevision)
                .putLong(lease)
                .put(value)
                .array();
    }

    Entry entry(String key) {
        return new Entry(key, value, createRevision, modRevision, lease);
    }
}
