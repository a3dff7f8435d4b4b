package io.polymq.nats.account;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.XECPublicKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPublicKeySpec;
import java.util.Arrays;
import javax.crypto.KeyAgreement;
import org.jspecify.annotations.Nullable;

/**
 * An X25519 key pair in NATS spelling, which seals messages for another such key: version, nonce,
 * and the box. Shared, immutable.
 */
final class XKey {

    static final char KIND = 'X';

    private static final byte[] VERSION = "xkv1".getBytes(StandardCharsets.US_ASCII);
    private static final int KEY_BYTES = 32;
    private static final NamedParameterSpec CURVE = NamedParameterSpec.X25519;

    private final KeyPair pair;
    private final String publicKey;
    private final SecureRandom random;

    private XKey(KeyPair pair, SecureRandom random) {
        this.pair = pair;
        this.random = random;
        byte[] raw = new byte[KEY_BYTES];
        byte[] u = ((XECPublicKey) pair.getPublic()).getU().toByteArray();
        for (int i = 0; i < Math.min(u.length, KEY_BYTES); i++) {
            raw[i] = u[u.length - 1 - i];
        }
        this.publicKey = Nkey.encode(KIND, raw);
    }

    static XKey fresh(SecureRandom random) {
        try {
            return new XKey(KeyPairGenerator.getInstance("X25519").generateKeyPair(), random);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no X25519", e);
        }
    }

    String publicKey() {
        return publicKey;
    }

    /**
     * @param to a public key in NATS spelling
     * @throws IllegalArgumentException when it is none
     */
    byte[] seal(byte[] message, String to) {
        byte[] nonce = new byte[SecretBox.NONCE_BYTES];
        random.nextBytes(nonce);
        byte[] box = boxWith(to).seal(message, nonce);
        byte[] sealed = Arrays.copyOf(VERSION, VERSION.length + nonce.length + box.length);
        System.arraycopy(nonce, 0, sealed, VERSION.length, nonce.length);
        System.arraycopy(box, 0, sealed, VERSION.length + nonce.length, box.length);
        return sealed;
    }

    /** What the other one has sealed for this key; null when it is not that. */
    byte @Nullable [] open(byte[] sealed, String from) {
        int begin = VERSION.length + SecretBox.NONCE_BYTES;
        if (sealed.length < begin
                || !Arrays.equals(sealed, 0, VERSION.length, VERSION, 0, VERSION.length)) {
            return null;
        }
        byte[] nonce = Arrays.copyOfRange(sealed, VERSION.length, begin);
        return boxWith(from).open(Arrays.copyOfRange(sealed, begin, sealed.length), nonce);
    }

    private SecretBox boxWith(String other) {
        byte[] raw = Nkey.raw(other, KIND);
        if (raw == null) {
            throw new IllegalArgumentException("not a public curve key: " + other);
        }
        byte[] big = new byte[KEY_BYTES];
        for (int i = 0; i < KEY_BYTES; i++) {
            big[i] = raw[KEY_BYTES - 1 - i];
        }
        big[0] &= 0x7f;
        try {
            PublicKey key =
                    KeyFactory.getInstance("X25519")
                            .generatePublic(new XECPublicKeySpec(CURVE, new BigInteger(1, big)));
            KeyAgreement agreement = KeyAgreement.getInstance("X25519");
            agreement.init(pair.getPrivate());
            agreement.doPhase(key, true);
            return SecretBox.agreed(agreement.generateSecret());
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("not a public curve key: " + other, e);
        }
    }
}
