package io.polymq.nats.account;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Encrypts and authenticates with a shared key as NaCl's {@code secretbox} does: XSalsa20 and
 * Poly1305. For messages of some kilobytes. Shared, immutable.
 */
final class SecretBox {

    static final int NONCE_BYTES = 24;

    private static final int KEY_BYTES = 32;
    private static final int TAG_BYTES = 16;
    private static final int BLOCK_BYTES = 64;
    private static final int ROUNDS = 20;
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    /** "expand 32-byte k". */
    private static final int[] SIGMA = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

    private static final BigInteger PRIME =
            BigInteger.ONE.shiftLeft(130).subtract(BigInteger.valueOf(5));
    private static final BigInteger CLAMP = new BigInteger("0ffffffc0ffffffc0ffffffc0fffffff", 16);
    private static final BigInteger MASK = BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE);

    private final byte[] key;

    SecretBox(byte[] key) {
        this.key = key.clone();
    }

    /** With the key that two have agreed on by their key pairs, as NaCl's {@code box} has it. */
    static SecretBox agreed(byte[] secret) {
        return new SecretBox(core(secret, new byte[TAG_BYTES], false));
    }

    byte[] seal(byte[] message, byte[] nonce) {
        byte[] out = new byte[TAG_BYTES + message.length];
        System.arraycopy(message, 0, out, TAG_BYTES, message.length);
        byte[] authentication = crypt(out, nonce);
        System.arraycopy(tag(out, authentication), 0, out, 0, TAG_BYTES);
        return out;
    }

    /** Null when it was not sealed with this key and nonce. */
    byte @Nullable [] open(byte[] box, byte[] nonce) {
        if (box.length < TAG_BYTES) {
            return null;
        }
        byte[] out = box.clone();
        byte[] authentication = crypt(out, nonce);
        byte[] given = Arrays.copyOf(box, TAG_BYTES);
        return MessageDigest.isEqual(given, tag(box, authentication))
                ? Arrays.copyOfRange(out, TAG_BYTES, out.length)
                : null;
    }

    /**
     * Encrypts or decrypts what lies behind the tag, in place; gives the key that authenticates,
     * which is the first half of the first block of the stream.
     */
    private byte[] crypt(byte[] box, byte[] nonce) {
        byte[] subkey = core(key, Arrays.copyOf(nonce, TAG_BYTES), false);
        byte[] input = Arrays.copyOf(Arrays.copyOfRange(nonce, TAG_BYTES, NONCE_BYTES), TAG_BYTES);
        byte[] authentication = new byte[0];
        int at = TAG_BYTES - KEY_BYTES;
        for (int block = 0; block == 0 || at < box.length; block++) {
            INT.set(input, 8, block);
            byte[] stream = core(subkey, input, true);
            if (block == 0) {
                authentication = Arrays.copyOf(stream, KEY_BYTES);
            }
            for (int i = block == 0 ? KEY_BYTES : 0; i < BLOCK_BYTES; i++) {
                if (at + i >= 0 && at + i < box.length) {
                    box[at + i] ^= stream[i];
                }
            }
            at += BLOCK_BYTES;
        }
        return authentication;
    }

    /** Salsa20's block function, or HSalsa20 without the final addition. */
    private static byte[] core(byte[] key, byte[] input, boolean add) {
        int[] begin = new int[16];
        for (int i = 0; i < 4; i++) {
            begin[5 * i] = SIGMA[i];
            begin[1 + i] = (int) INT.get(key, 4 * i);
            begin[6 + i] = (int) INT.get(input, 4 * i);
            begin[11 + i] = (int) INT.get(key, 16 + 4 * i);
        }
        int[] x = begin.clone();
        for (int round = 0; round < ROUNDS; round += 2) {
            for (int i = 0; i < 4; i++) {
                quarter(x, 5 * i, (5 * i + 4) % 16, (5 * i + 8) % 16, (5 * i + 12) % 16);
            }
            for (int i = 0; i < 4; i++) {
                int row = 4 * i;
                quarter(x, 5 * i, row + (i + 1) % 4, row + (i + 2) % 4, row + (i + 3) % 4);
            }
        }
        byte[] out = new byte[add ? BLOCK_BYTES : KEY_BYTES];
        if (add) {
            for (int i = 0; i < 16; i++) {
                INT.set(out, 4 * i, x[i] + begin[i]);
            }
        } else {
            for (int i = 0; i < 4; i++) {
                INT.set(out, 4 * i, x[5 * i]);
                INT.set(out, 16 + 4 * i, x[6 + i]);
            }
        }
        return out;
    }

    private static void quarter(int[] x, int a, int b, int c, int d) {
        x[b] ^= Integer.rotateLeft(x[a] + x[d], 7);
        x[c] ^= Integer.rotateLeft(x[b] + x[a], 9);
        x[d] ^= Integer.rotateLeft(x[c] + x[b], 13);
        x[a] ^= Integer.rotateLeft(x[d] + x[c], 18);
    }

    /** Poly1305 over what lies behind the tag. */
    private static byte[] tag(byte[] box, byte[] authentication) {
        BigInteger r = number(authentication, 0, TAG_BYTES).and(CLAMP);
        BigInteger s = number(authentication, TAG_BYTES, TAG_BYTES);
        BigInteger sum = BigInteger.ZERO;
        for (int at = TAG_BYTES; at < box.length; at += TAG_BYTES) {
            int length = Math.min(TAG_BYTES, box.length - at);
            BigInteger block = number(box, at, length).setBit(8 * length);
            sum = sum.add(block).multiply(r).mod(PRIME);
        }
        byte[] big = sum.add(s).and(MASK).toByteArray();
        byte[] tag = new byte[TAG_BYTES];
        for (int i = 0; i < Math.min(big.length, TAG_BYTES); i++) {
            tag[i] = big[big.length - 1 - i];
        }
        return tag;
    }

    /** A little-endian number. */
    private static BigInteger number(byte[] bytes, int offset, int length) {
        byte[] big = new byte[length];
        for (int i = 0; i < length; i++) {
            big[i] = bytes[offset + length - 1 - i];
        }
        return new BigInteger(1, big);
    }
}
