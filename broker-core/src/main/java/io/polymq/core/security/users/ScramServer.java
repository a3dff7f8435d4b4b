package io.polymq.core.security.users;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.polymq.core.security.Security.AuthResult;
import io.polymq.core.security.Security.Reason;
import io.polymq.core.security.Security.ScramException;
import io.polymq.core.security.Security.ScramExchange;
import io.polymq.core.security.Security.ScramMechanism;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of SCRAM (RFC 5802, RFC 7677): client-first, server-first, client-final,
 * server-final. Channel binding is not offered: who demands it is refused, who would have used it
 * had we offered it goes on. A name that nobody has is answered like any other, with a salt that
 * stays the same, and fails at the proof. One thread at a time; cheap enough for a loop.
 *
 * <pre>
 * FIRST --client-first--> FINAL --client-final--> DONE
 * </pre>
 */
public final class ScramServer implements ScramExchange {

    private static final int LONGEST_MESSAGE = 8_192;

    private enum State {
        FIRST,
        FINAL,
        DONE
    }

    /** Where credentials come from, and how the end of the exchange is judged. */
    public interface Realm {
        /** Null when the user has none of that mechanism. */
        @Nullable ScramCredential credential(String user);

        /** What an unknown user seems to have. */
        ScramCredential decoy(String user);

        /** The proof was right. */
        AuthResult accepted(String user);

        /** It was not. */
        AuthResult refused(String user, Reason reason, String detail);
    }

    private final Keyed keyed;
    private final Realm realm;
    private final Function<String, Optional<AuthResult>> beforehand;
    private final SecureRandom random;
    private State state = State.FIRST;
    private String user = "";
    private String gs2Header = "";
    private String clientFirstBare = "";
    private String serverFirst = "";
    private String nonce = "";
    private @Nullable ScramCredential credential;
    private boolean known;
    private @Nullable AuthResult result;

    /**
     * @param beforehand refuses some users before anything is checked
     */
    public ScramServer(
            ScramMechanism mechanism,
            Realm realm,
            Function<String, Optional<AuthResult>> beforehand,
            SecureRandom random) {
        this.keyed = ScramCredential.keyed(mechanism);
        this.realm = realm;
        this.beforehand = beforehand;
        this.random = random;
    }

    @Override
    public byte[] step(byte[] clientMessage) throws ScramException {
        String message = text(clientMessage);
        return switch (state) {
            case FIRST -> first(message).getBytes(UTF_8);
            case FINAL -> last(message).getBytes(UTF_8);
            case DONE -> throw new ScramException("the exchange is over");
        };
    }

    @Override
    public Optional<AuthResult> result() {
        return Optional.ofNullable(result);
    }

    private static String text(byte[] message) throws ScramException {
        if (message.length > LONGEST_MESSAGE) {
            throw new ScramException("the message is too long");
        }
        try {
            return UTF_8.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(message))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new ScramException("the message is not UTF-8");
        }
    }

    /** RFC 5802, 7: {@code gs2-header client-first-message-bare}. */
    private String first(String message) throws ScramException {
        int flagEnd = message.indexOf(',');
        int headerEnd = flagEnd < 0 ? -1 : message.indexOf(',', flagEnd + 1);
        if (headerEnd < 0) {
            throw new ScramException("the first message has no header");
        }
        String flag = message.substring(0, flagEnd);
        String authzid = message.substring(flagEnd + 1, headerEnd);
        gs2Header = message.substring(0, headerEnd + 1);
        clientFirstBare = message.substring(headerEnd + 1);
        String[] attributes = clientFirstBare.split(",", -1);
        if (flag.startsWith("p=")) {
            return fail("channel-binding-not-supported", "channel binding is not supported");
        }
        if (!flag.equals("n") && !flag.equals("y")) {
            throw new ScramException("the channel binding flag is not n, y or p");
        }
        if (attributes[0].startsWith("m=")) {
            return fail("extensions-not-supported", "a mandatory extension is not known");
        }
        if (attributes.length < 2
                || !attributes[1].startsWith("r=")
                || attributes[1].length() < 3) {
            throw new ScramException("the first message has no user and nonce");
        }
        user = saslName(attributes[0], "n=");
        if (!authzid.isEmpty() && !saslName(authzid, "a=").equals(user)) {
            return fail("other-error", "logging in as somebody else is not supported");
        }
        Optional<AuthResult> refusal = beforehand.apply(user);
        if (refusal.isPresent()) {
            result = refusal.get();
            state = State.DONE;
            return "e=other-error";
        }
        ScramCredential found = realm.credential(user);
        known = found != null;
        ScramCredential used = found != null ? found : realm.decoy(user);
        credential = used;
        nonce = attributes[1].substring(2) + freshNonce();
        serverFirst =
                "r="
                        + nonce
                        + ",s="
                        + Base64.getEncoder().encodeToString(used.salt())
                        + ",i="
                        + used.iterations();
        state = State.FINAL;
        return serverFirst;
    }

    private String freshNonce() {
        byte[] bytes = new byte[18];
        random.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** RFC 5802, 5.1: {@code =2C} is a comma, {@code =3D} an equals sign, no other {@code =}. */
    private static String saslName(String attribute, String prefix) throws ScramException {
        if (!attribute.startsWith(prefix) || attribute.length() == prefix.length()) {
            throw new ScramException("a name is missing");
        }
        String encoded = attribute.substring(prefix.length());
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < encoded.length(); i++) {
            char c = encoded.charAt(i);
            if (c != '=') {
                name.append(c);
            } else if (encoded.startsWith("=2C", i)) {
                name.append(',');
                i += 2;
            } else if (encoded.startsWith("=3D", i)) {
                name.append('=');
                i += 2;
            } else {
                throw new ScramException("a name is not encoded as SCRAM has it");
            }
        }
        return name.toString();
    }

    private String last(String message) throws ScramException {
        ScramCredential used = credential;
        int proofAt = message.lastIndexOf(",p=");
        if (proofAt < 0 || used == null) {
            throw new ScramException("the final message has no proof");
        }
        String withoutProof = message.substring(0, proofAt);
        String[] attributes = withoutProof.split(",", -1);
        if (attributes.length < 2) {
            throw new ScramException("the final message has no binding and nonce");
        }
        String binding = "c=" + Base64.getEncoder().encodeToString(gs2Header.getBytes(UTF_8));
        if (!attributes[0].equals(binding)) {
            return fail("channel-bindings-dont-match", "the header was changed on the way");
        }
        if (!attributes[1].equals("r=" + nonce)) {
            return fail("invalid-encoding", "the nonce is not ours");
        }
        byte[] proof = proof(message.substring(proofAt + 3));
        byte[] authMessage =
                (clientFirstBare + "," + serverFirst + "," + withoutProof).getBytes(UTF_8);
        byte[] signature = keyed.mac(used.storedKey(), authMessage);
        boolean right = isRight(proof, signature, used.storedKey());
        if (!right || !known) {
            state = State.DONE;
            result = realm.refused(user, Reason.BAD_CREDENTIALS, "the proof is wrong");
            return "e=invalid-proof";
        }
        state = State.DONE;
        AuthResult judged = realm.accepted(user);
        result = judged;
        return judged instanceof AuthResult.Accepted
                ? "v="
                        + Base64.getEncoder()
                                .encodeToString(keyed.mac(used.serverKey(), authMessage))
                : "e=other-error";
    }

    private boolean isRight(byte[] proof, byte[] signature, byte[] storedKey) {
        byte[] clientKey = new byte[signature.length];
        boolean whole = proof.length == signature.length;
        for (int i = 0; i < signature.length; i++) {
            clientKey[i] = (byte) (signature[i] ^ (whole ? proof[i] : 0));
        }
        return MessageDigest.isEqual(storedKey, keyed.hash(clientKey)) && whole;
    }

    private static byte[] proof(String base64) throws ScramException {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new ScramException("the proof is not base64");
        }
    }

    private String fail(String error, String detail) {
        state = State.DONE;
        result = realm.refused(user, Reason.BAD_CREDENTIALS, detail);
        return "e=" + error;
    }
}
