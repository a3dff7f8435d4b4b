package io.polymq.meta.etcd;

import com.google.protobuf.ByteString;

/**
 * Keys as etcd has them: ours behind the configured prefix, and ranges as pairs of keys. Immutable.
 */
record Keys(String namespace) {

    private static final ByteString FIRST_OF_ALL = ByteString.copyFrom(new byte[1]);

    ByteString key(String key) {
        return ByteString.copyFromUtf8(namespace + key);
    }

    String name(ByteString key) {
        return key.toStringUtf8().substring(namespace.length());
    }

    /** Where a range of keys with the prefix begins; a single zero byte is before every key. */
    ByteString from(String prefix) {
        ByteString from = key(prefix);
        return from.isEmpty() ? FIRST_OF_ALL : from;
    }

    /** The first key behind it; a single zero byte is behind every key. UTF-8 has no byte 0xff. */
    ByteString end(String prefix) {
        byte[] end = key(prefix).toByteArray();
        if (end.length == 0) {
            return FIRST_OF_ALL;
        }
        end[end.length - 1]++;
        return ByteString.copyFrom(end);
    }

    /** The next key there could be. */
    static ByteString after(ByteString key) {
        return key.concat(FIRST_OF_ALL);
    }
}
