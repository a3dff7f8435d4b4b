package io.polymq.nats.account;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;

/** A key pair that signs JWTs as NATS writes them. Shared, immutable. */
final class SigningKey {

    private static final int KEY_BYTES = 32;
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
    private static final String HEADER = "{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}";

    private final KeyPair pair;
    private final String publicKey;

    private SigningKey(KeyPair pair, char kind) {
        this.pair = pair;
        byte[] encoded = pair.getPublic().getEncoded();
        byte[] raw = Arrays.copyOfRange(encoded, encoded.length - KEY_BYTES, encoded.length);
        this.publicKey = Nkey.encode(kind, raw);
    }

    /**
     * @param kind whose it is, as the first letter of its public key says
     */
    static SigningKey fresh(char kind) {
        try {
            return new SigningKey(KeyPairGenerator.getInstance("Ed25519").generateKeyPair(), kind);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no Ed25519", e);
        }
    }

    String publicKey() {
        return publicKey;
    }

    String jwt(ObjectMapper json, ObjectNode claims) {
        try {
            String signed =
                    BASE64.encodeToString(HEADER.getBytes(StandardCharsets.US_ASCII))
                            + '.'
                            + BASE64.encodeToString(json.writeValueAsBytes(claims));
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(pair.getPrivate());
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return signed + '.' + BASE64.encodeToString(signature.sign());
        } catch (GeneralSecurityException | JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values is always signed", e);
        }
    }
}
