package io.polymq.nats.account;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A public key in NATS spelling: base 32 of a prefix that tells whose it is, an Ed25519 key and a
 * CRC-16. Immutable.
 */
public final class Nkey {

    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private static final int KEY_BYTES = 32;
    private static final int ENCODED_CHARS = 56;
    private static final byte[] SPKI_PREFIX = {
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00
    };

    private final PublicKey key;

    private Nkey(PublicKey key) {
        this.key = key;
    }

    /** Null when the text is no public key of that kind: U for users, A accounts, O operators. */
    public static @Nullable Nkey parse(@Nullable String text, char kind) {
        byte[] raw = text == null ? null : raw(text, kind);
        if (raw == null) {
            return null;
        }
        byte[] encoded = new byte[SPKI_PREFIX.length + KEY_BYTES];
        System.arraycopy(SPKI_PREFIX, 0, encoded, 0, SPKI_PREFIX.length);
        System.arraycopy(raw, 0, encoded, SPKI_PREFIX.length, KEY_BYTES);
        try {
            return new Nkey(
                    KeyFactory.getInstance("Ed25519")
                            .generatePublic(new X509EncodedKeySpec(encoded)));
        } catch (GeneralSecurityException e) {
            return null;
        }
    }

    /** The key that is spelled; null when the text is none of that kind. */
    static byte @Nullable [] raw(String text, char kind) {
        if (text.length() != ENCODED_CHARS || text.charAt(0) != kind) {
            return null;
        }
        byte[] raw = decode(text);
        if (raw == null || crc16(raw, KEY_BYTES + 1) != (raw[33] & 0xff | (raw[34] & 0xff) << 8)) {
            return null;
        }
        return Arrays.copyOfRange(raw, 1, KEY_BYTES + 1);
    }

    public static boolean isPublic(String text, char kind) {
        return parse(text, kind) != null;
    }

    /** Whether the signature is this key's over the message. */
    public boolean verifies(byte[] message, byte[] signature) {
        try {
            Signature check = Signature.getInstance("Ed25519");
            check.initVerify(key);
            check.update(message);
            return check.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** The same for a signature in URL-safe or plain base 64, as clients send it. */
    public boolean verifies(byte[] message, @Nullable String base64) {
        byte[] signature = base64 == null ? null : bytes(base64);
        return signature != null && verifies(message, signature);
    }

    private static byte @Nullable [] bytes(String base64) {
        try {
            return Base64.getUrlDecoder().decode(base64.replace("=", ""));
        } catch (IllegalArgumentException notUrlSafe) {
            try {
                return Base64.getDecoder().decode(base64);
            } catch (IllegalArgumentException neither) {
                return null;
            }
        }
    }

    /**
     * The spelling of a public key.
     *
     * @param kind whose it is, as its first letter will say
     */
    static String encode(char kind, byte[] key) {
        byte[] raw = new byte[KEY_BYTES + 3];
        raw[0] = (byte) (ALPHABET.indexOf(kind) << 3);
        System.arraycopy(key, 0, raw, 1, KEY_BYTES);
        int crc = crc16(raw, KEY_BYTES + 1);
        raw[KEY_BYTES + 1] = (byte) crc;
        raw[KEY_BYTES + 2] = (byte) (crc >> 8);
        StringBuilder text = new StringBuilder(ENCODED_CHARS);
        int bits = 0;
        int held = 0;
        for (byte b : raw) {
            bits = bits << 8 | b & 0xff;
            held += 8;
            while (held >= 5) {
                held -= 5;
                text.append(ALPHABET.charAt(bits >> held & 31));
            }
        }
        return text.toString();
    }

    private static byte @Nullable [] decode(String text) {
        byte[] raw = new byte[text.length() * 5 / 8];
        int bits = 0;
        int held = 0;
        int at = 0;
        for (int i = 0; i < text.length(); i++) {
            int value = ALPHABET.indexOf(text.charAt(i));
            if (value < 0) {
                return null;
            }
            bits = bits << 5 | value;
            held += 5;
            if (held >= 8) {
                held -= 8;
                raw[at++] = (byte) (bits >> held);
            }
        }
        return raw;
    }

    private static int crc16(byte[] bytes, int length) {
        int crc = 0;
        for (int i = 0; i < length; i++) {
            crc ^= (bytes[i] & 0xff) << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
            }
        }
        return crc & 0xffff;
    }
}
