package io.polymq.nats.account;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;

/** A key pair in NATS spelling, to sign nonces and JWTs with. */
public final class TestKeys {

    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private final KeyPair pair;
    private final String publicKey;

    private TestKeys(KeyPair pair, char kind) {
        this.pair = pair;
        byte[] encoded = pair.getPublic().getEncoded();
        byte[] raw = new byte[35];
        raw[0] = (byte) (ALPHABET.indexOf(kind) << 3);
        System.arraycopy(encoded, encoded.length - 32, raw, 1, 32);
        int crc = 0;
        for (byte b : Arrays.copyOf(raw, 33)) {
            crc ^= (b & 0xff) << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
            }
        }
        raw[33] = (byte) crc;
        raw[34] = (byte) (crc >> 8);
        StringBuilder text = new StringBuilder();
        int held = 0;
        int bits = 0;
        for (byte b : raw) {
            bits = bits << 8 | b & 0xff;
            held += 8;
            while (held >= 5) {
                held -= 5;
                text.append(ALPHABET.charAt(bits >> held & 31));
            }
        }
        publicKey = text.toString();
    }

    public static TestKeys of(char kind) {
        try {
            return new TestKeys(KeyPairGenerator.getInstance("Ed25519").generateKeyPair(), kind);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public static TestKeys user() {
        return of('U');
    }

    public String publicKey() {
        return publicKey;
    }

    public String sign(String text) {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(pair.getPrivate());
            signature.update(text.getBytes(StandardCharsets.US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public String jwt(String subject, String nats) {
        return jwt(subject, nats, 0);
    }

    public String jwt(String subject, String nats, long expires) {
        return jwt(subject, "", nats, expires);
    }

    /**
     * @param audience whom it is for, empty for everybody
     */
    public String jwt(String subject, String audience, String nats, long expires) {
        String claims =
                "{\"jti\":\"X\",\"iat\":1700000000,\"iss\":\""
                        + publicKey
                        + "\",\"name\":\"n\",\"sub\":\""
                        + subject
                        + "\""
                        + (audience.isEmpty() ? "" : ",\"aud\":\"" + audience + '"')
                        + (expires == 0 ? "" : ",\"exp\":" + expires)
                        + ",\"nats\":"
                        + nats
                        + "}";
        String signed = base64("{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}") + '.' + base64(claims);
        return signed + '.' + sign(signed);
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
