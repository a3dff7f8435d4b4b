package io.polymq.core.security.users;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.AuthResult;
import io.polymq.core.security.Security.Reason;
import io.polymq.core.security.Security.ScramException;
import io.polymq.core.security.Security.ScramMechanism;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScramServerTest {

    private static final SecureRandom RANDOM = new SecureRandom();

    /** Knows {@code user} and {@code a,b=c}, both with the password {@code pencil}. */
    private static final class Realm implements ScramServer.Realm {
        final ScramMechanism mechanism;
        final ScramCredential credential;

        Realm(ScramMechanism mechanism) {
            this.mechanism = mechanism;
            credential = ScramCredential.make(mechanism, "pencil".getBytes(UTF_8), 4_096, RANDOM);
        }

        @Override
        public @Nullable ScramCredential credential(String user) {
            return Set.of("user", "a,b=c").contains(user) ? credential : null;
        }

        @Override
        public ScramCredential decoy(String user) {
            return ScramCredential.decoy(mechanism, new byte[32], user.getBytes(UTF_8), 4_096);
        }

        @Override
        public AuthResult accepted(String user) {
            return new AuthResult.Accepted(
                    new Principal(user, "default", Set.of(), Map.of(), false));
        }

        @Override
        public AuthResult refused(String user, Reason reason, String detail) {
            return new AuthResult.Refused(reason, detail);
        }
    }

    private static ScramServer server(ScramMechanism mechanism) {
        return new ScramServer(mechanism, new Realm(mechanism), user -> Optional.empty(), RANDOM);
    }

    private static String step(ScramServer server, String message) throws ScramException {
        return new String(server.step(message.getBytes(UTF_8)), UTF_8);
    }

    /** A client of its own, after RFC 5802, 3. */
    private static String finalMessage(
            ScramMechanism mechanism, String first, String serverFirst, String password) {
        String gs2 = first.substring(0, first.indexOf(',', first.indexOf(',') + 1) + 1);
        String[] parts = serverFirst.split(",");
        byte[] salt = Base64.getDecoder().decode(parts[1].substring(2));
        int iterations = Integer.parseInt(parts[2].substring(2));
        Keyed keyed = ScramCredential.keyed(mechanism);
        byte[] salted = keyed.stretched(password.getBytes(UTF_8), salt, iterations);
        byte[] clientKey = keyed.mac(salted, "Client Key".getBytes(UTF_8));
        String withoutProof =
                "c=" + Base64.getEncoder().encodeToString(gs2.getBytes(UTF_8)) + "," + parts[0];
        String authMessage = first.substring(gs2.length()) + "," + serverFirst + "," + withoutProof;
        byte[] proof = keyed.mac(keyed.hash(clientKey), authMessage.getBytes(UTF_8));
        for (int i = 0; i < proof.length; i++) {
            proof[i] ^= clientKey[i];
        }
        return withoutProof + ",p=" + Base64.getEncoder().encodeToString(proof);
    }

    private static AuthResult whole(ScramMechanism mechanism, String first, String password)
            throws ScramException {
        ScramServer server = server(mechanism);
        String serverFirst = step(server, first);
        assertThat(server.result()).isEmpty();
        String last = step(server, finalMessage(mechanism, first, serverFirst, password));
        AuthResult result = server.result().orElseThrow();
        assertThat(last.startsWith("v=")).isEqualTo(result instanceof AuthResult.Accepted);
        return result;
    }

    @Test
    void theKeysAreThoseOfTheExampleInRfc7677() {
        byte[] salt = Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ==");
        byte[] salted = Keyed.SHA_256.stretched("pencil".getBytes(UTF_8), salt, 4_096);
        ScramCredential credential =
                ScramCredential.ofSalted(ScramMechanism.SHA_256, salt, 4_096, salted);
        String nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        String authMessage =
                "n=user,r=rOprNGfwEbeRWgbNEkqO,r="
                        + nonce
                        + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r="
                        + nonce;
        assertThat(
                        Base64.getEncoder()
                                .encodeToString(
                                        Keyed.SHA_256.mac(
                                                credential.serverKey(),
                                                authMessage.getBytes(UTF_8))))
                .isEqualTo("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    @ParameterizedTest
    @EnumSource(ScramMechanism.class)
    void theRightPasswordGetsIn(ScramMechanism mechanism) throws ScramException {
        assertThat(whole(mechanism, "n,,n=user,r=abc", "pencil"))
                .isInstanceOf(AuthResult.Accepted.class);
        assertThat(whole(mechanism, "y,,n=user,r=abc", "pencil"))
                .isInstanceOf(AuthResult.Accepted.class);
        assertThat(whole(mechanism, "n,a=user,n=user,r=abc", "pencil"))
                .isInstanceOf(AuthResult.Accepted.class);
        assertThat(whole(mechanism, "n,,n=a=2Cb=3Dc,r=abc,tokenauth=false", "pencil"))
                .isEqualTo(
                        new AuthResult.Accepted(
                                new Principal("a,b=c", "default", Set.of(), Map.of(), false)));
    }

    @ParameterizedTest
    @EnumSource(ScramMechanism.class)
    void theWrongPasswordAndTheUnknownUserAreTheSame(ScramMechanism mechanism)
            throws ScramException {
        assertThat(whole(mechanism, "n,,n=user,r=abc", "Pencil"))
                .isEqualTo(whole(mechanism, "n,,n=nobody,r=abc", "pencil"));
        String one = step(server(mechanism), "n,,n=nobody,r=abc");
        String two = step(server(mechanism), "n,,n=nobody,r=abc");
        assertThat(one.substring(one.indexOf(",s="))).isEqualTo(two.substring(two.indexOf(",s=")));
        assertThat(one.substring(0, one.indexOf(",s=")))
                .isNotEqualTo(two.substring(0, two.indexOf(",s=")));
    }

    @Test
    void channelBindingIsRefusedInScramsOwnWords() throws ScramException {
        ScramServer server = server(ScramMechanism.SHA_256);
        assertThat(step(server, "p=tls-server-end-point,,n=user,r=abc"))
                .isEqualTo("e=channel-binding-not-supported");
        assertThat(server.result().orElseThrow()).isInstanceOf(AuthResult.Refused.class);
        assertThatThrownBy(() -> step(server, "n,,n=user,r=abc"))
                .isInstanceOf(ScramException.class);
    }

    @Test
    void aHeaderChangedOnTheWayIsNoticed() throws ScramException {
        ScramServer server = server(ScramMechanism.SHA_256);
        String serverFirst = step(server, "n,,n=user,r=abc");
        String last =
                finalMessage(ScramMechanism.SHA_256, "y,,n=user,r=abc", serverFirst, "pencil");
        assertThat(step(server, last)).isEqualTo("e=channel-bindings-dont-match");
        assertThat(server.result().orElseThrow()).isInstanceOf(AuthResult.Refused.class);
    }

    @Test
    void anotherNonceAnExtensionAndAnotherIdentityAreRefused() throws ScramException {
        ScramServer server = server(ScramMechanism.SHA_256);
        String serverFirst = step(server, "n,,n=user,r=abc");
        String last =
                finalMessage(ScramMechanism.SHA_256, "n,,n=user,r=abc", serverFirst, "pencil");
        assertThat(step(server, last.replace("r=abc", "r=abd"))).startsWith("e=");
        assertThat(step(server(ScramMechanism.SHA_256), "n,,m=x,n=user,r=abc"))
                .isEqualTo("e=extensions-not-supported");
        assertThat(step(server(ScramMechanism.SHA_256), "n,a=root,n=user,r=abc")).startsWith("e=");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "n",
                "n,",
                "n,,",
                "x,,n=user,r=a",
                "n,,n=user",
                "n,,n=,r=a",
                "n,,n=user,r=",
                "n,,r=a,n=user",
                "n,,n=us=er,r=a",
                "n,,n=us=2cer,r=a"
            })
    void aMalformedFirstMessageIsAnError(String message) {
        assertThatThrownBy(() -> step(server(ScramMechanism.SHA_256), message))
                .isInstanceOf(ScramException.class);
    }

    @Test
    void bytesThatAreNoTextAndTooManyAreErrors() {
        assertThatThrownBy(() -> server(ScramMechanism.SHA_256).step(new byte[] {'n', (byte) 0xff}))
                .isInstanceOf(ScramException.class);
        assertThatThrownBy(() -> server(ScramMechanism.SHA_256).step(new byte[10_000]))
                .isInstanceOf(ScramException.class);
    }

    @Test
    void noMangledFinalMessageGetsIn() throws ScramException {
        Random random = new Random(7);
        for (int i = 0; i < 300; i++) {
            ScramServer server = server(ScramMechanism.SHA_256);
            String first = "n,,n=user,r=abc";
            String good =
                    finalMessage(ScramMechanism.SHA_256, first, step(server, first), "pencil");
            byte[] bad = good.getBytes(UTF_8);
            int at = random.nextInt(bad.length - 2);
            bad[at] = (byte) (bad[at] == 'A' ? 'B' : 'A');
            try {
                server.step(bad);
                assertThat(server.result().orElseThrow()).isInstanceOf(AuthResult.Refused.class);
            } catch (ScramException e) {
                assertThat(server.result()).isEmpty();
            }
        }
    }

    @Test
    void whoIsRefusedBeforehandLearnsNothing() throws ScramException {
        ScramServer server =
                new ScramServer(
                        ScramMechanism.SHA_256,
                        new Realm(ScramMechanism.SHA_256),
                        user -> Optional.of(new AuthResult.Refused(Reason.BANNED, "banned")),
                        RANDOM);
        assertThat(step(server, "n,,n=user,r=abc")).isEqualTo("e=other-error");
        assertThat(server.result()).contains(new AuthResult.Refused(Reason.BANNED, "banned"));
    }
}
