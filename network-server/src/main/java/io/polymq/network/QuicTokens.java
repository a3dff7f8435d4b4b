package io.polymq.network;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.quic.QuicTokenHandler;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Retry tokens: a client proves that it receives at the address it sends from before a session is
 * kept for it. A token is {@code mac(16) time(8) connection-id}, the MAC over address, time and id
 * with a key of this process. Any thread.
 */
final class QuicTokens implements QuicTokenHandler {

    private static final String MAC = "HmacSHA256";
    private static final int MAC_BYTES = 16;
    private static final int HEAD_BYTES = MAC_BYTES + Long.BYTES;
    private static final int MAX_ID_BYTES = 20;
    private static final long VALID_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final SecretKeySpec key;
    private final LongSupplier nanoClock;

    QuicTokens(SecureRandom random, LongSupplier nanoClock) {
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        this.key = new SecretKeySpec(secret, MAC);
        this.nanoClock = nanoClock;
    }

    @Override
    public boolean writeToken(ByteBuf out, ByteBuf connectionId, InetSocketAddress address) {
        long time = nanoClock.getAsLong();
        byte[] id = new byte[connectionId.readableBytes()];
        connectionId.getBytes(connectionId.readerIndex(), id);
        out.writeBytes(mac(address, time, id), 0, MAC_BYTES);
        out.writeLong(time);
        out.writeBytes(id);
        return true;
    }

    @Override
    public int validateToken(ByteBuf token, InetSocketAddress address) {
        int length = token.readableBytes();
        if (length < HEAD_BYTES || length > maxTokenLength()) {
            return -1;
        }
        byte[] given = new byte[MAC_BYTES];
        byte[] id = new byte[length - HEAD_BYTES];
        int start = token.readerIndex();
        token.getBytes(start, given);
        long time = token.getLong(start + MAC_BYTES);
        token.getBytes(start + HEAD_BYTES, id);
        byte[] expected = java.util.Arrays.copyOf(mac(address, time, id), MAC_BYTES);
        long age = nanoClock.getAsLong() - time;
        boolean valid = MessageDigest.isEqual(given, expected) && age >= 0 && age <= VALID_NANOS;
        return valid ? HEAD_BYTES : -1;
    }

    @Override
    public int maxTokenLength() {
        return HEAD_BYTES + MAX_ID_BYTES;
    }

    private byte[] mac(InetSocketAddress address, long time, byte[] id) {
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(key);
            mac.update(address.getAddress().getAddress());
            for (int shift = 56; shift >= 0; shift -= 8) {
                mac.update((byte) (time >>> shift));
            }
            return mac.doFinal(id);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + MAC, e);
        }
    }
}
