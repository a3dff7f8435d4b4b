package io.polymq.core.security.users;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.core.security.Security.ScramMechanism;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PasswordHashTest {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String MOSQUITTO =
            "$7$101$AAECAwQFBgcICQoL$itntC8QS4iuE06UG7o0PxU0qM5UBFdNF"
                    + "BtAux6ya3Syz6oR19T2jx8EIwdBkk+3zME8xITagvpZst1brmEBXRQ==";
    private static final String MOSQUITTO_SALTED =
            "$6$AAECAwQFBgcICQoL$rRzn37trE3g/BjzdN2mmtKsUjbdiQp6JD9"
                    + "blv4UHWyEGk5h7UCh8xJCi6Kfnkhoq2n9xbnqkIfqD5tBAb7eLdQ==";
    private static final String RABBIT_512 =
            "$rabbit-sha512$AQIDBPtLNZfGLHRC35yrKZniqBlU98IFs7RaR9"
                    + "lHDvJ0fotVIufJqyWTDOkYsQ9qjit4FkL5cnptGMXqW7Xqa+0pscw=";
    private static final String OURS =
            "$pbkdf2-sha512$i=1000$AAECAwQFBgcICQoL$tWUCqNUvEGbueXHAQbk5hR4o"
                    + "gqEIw/OW8qM+grALL1Z8RZMCEF+DMZAdgTjGcHEIG2si5iCcWe6N7w4C+WWBIA==";

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {MOSQUITTO, MOSQUITTO_SALTED, RABBIT_512, OURS})
    void hashesMadeElsewhereAreUnderstood(String text) {
        PasswordHash hash = PasswordHash.parse(text);
        assertThat(hash.verify(bytes("pencil"))).isTrue();
        assertThat(hash.verify(bytes("Pencil"))).isFalse();
        assertThat(hash.verify(new byte[0])).isFalse();
        assertThat(hash.encoded()).isEqualTo(text);
        assertThat(hash.toString()).doesNotContain(text.substring(20));
    }

    @Test
    void theExampleOfRabbitMqsManualIsUnderstood() {
        PasswordHash hash =
                PasswordHash.parse(
                        "$rabbit-sha256$kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR");
        assertThat(hash.verify(bytes("test12"))).isTrue();
        assertThat(hash.verify(bytes("test13"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"2a", "2b", "2y"})
    void bcryptIsUnderstood(String version) {
        PasswordHash hash =
                PasswordHash.parse(
                        "$"
                                + version
                                + "$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
        assertThat(hash.verify(bytes("U*U"))).isTrue();
        assertThat(hash.verify(bytes("U*V"))).isFalse();
        assertThat(hash.verify(new byte[100])).isFalse();
        assertThat(hash.verify(bytes("U*U\0x"))).isFalse();
    }

    @Test
    void ourOwnAreSaltedAndReadBack() {
        byte[] password = {'p', (byte) 0xff, 0, (byte) 0xfe};
        PasswordHash one = PasswordHash.make(password, 1_000, RANDOM);
        PasswordHash two = PasswordHash.make(password, 1_000, RANDOM);
        assertThat(one.encoded()).isNotEqualTo(two.encoded());
        PasswordHash read = PasswordHash.parse(one.encoded());
        assertThat(read.verify(password)).isTrue();
        assertThat(read.verify(new byte[] {'p', (byte) 0xfe, 0, (byte) 0xff})).isFalse();
        assertThat(PasswordHash.decoy(1_000, RANDOM).verify(password)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "plain",
                "$",
                "$$",
                "$1$salt$hash",
                "$7$101$c2FsdA==",
                "$7$999999999$c2FsdA==$c2FsdA==",
                "$7$101$!!$!!",
                "$pbkdf2-sha512$i=0$c2FsdA==$c2FsdA==",
                "$pbkdf2-sha512$x$c2FsdA==$c2FsdA==",
                "$rabbit-sha256$c2FsdA==",
                "$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
                "$2a$05$short"
            })
    void anythingElseIsRefusedWithoutRepeatingIt(String text) {
        assertThatThrownBy(() -> PasswordHash.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("a password hash is not understood");
    }

    @Test
    void everyWayOfLoggingInComesFromOnePassword() {
        User user = new Passwords(1_000, 4_096, RANDOM).set(User.named("u"), bytes("pencil"));
        assertThat(user.verify(bytes("pencil"))).isTrue();
        assertThat(user.verify(bytes("pencils"))).isFalse();
        assertThat(user.scram()).containsOnlyKeys(ScramMechanism.values());
        user.scram()
                .forEach(
                        (mechanism, credential) -> {
                            assertThat(credential.verify(mechanism, bytes("pencil"))).isTrue();
                            assertThat(credential.verify(mechanism, bytes("pen"))).isFalse();
                        });
        User scramOnly = user.with(null, user.scram());
        assertThat(scramOnly.verify(bytes("pencil"))).isTrue();
        assertThat(User.named("nobody").verify(new byte[0])).isFalse();
        assertThat(new Passwords(1_000, 0, RANDOM).set(user, bytes("x")).scram()).isEmpty();
    }

    @Test
    void usersAreStoredAndReadBack() throws Exception {
        User user =
                new Passwords(1_000, 4_096, RANDOM)
                        .set(
                                User.named("jürgen/α")
                                        .in("t")
                                        .withGroups(java.util.Set.of("a", "b"))
                                        .asAdmin(true)
                                        .enabled(false),
                                bytes("pencil"));
        byte[] stored = UserCodec.encode(user);
        assertThat(new String(stored, StandardCharsets.UTF_8)).doesNotContain("pencil");
        User read = UserCodec.decode(user.name(), stored);
        assertThat(read.tenant()).isEqualTo("t");
        assertThat(read.groups()).containsExactlyInAnyOrder("a", "b");
        assertThat(read.admin()).isTrue();
        assertThat(read.enabled()).isFalse();
        assertThat(read.verify(bytes("pencil"))).isTrue();
        read.scram()
                .forEach(
                        (mechanism, credential) ->
                                assertThat(credential.verify(mechanism, bytes("pencil"))).isTrue());
    }

    /** Whatever part of it is wrong, checking takes the whole hash; nothing ends early. */
    @Test
    void aWrongPasswordCostsAsMuchAsARightOneAndAsNobodys() {
        PasswordHash hash = PasswordHash.make(bytes("pencil"), 20_000, RANDOM);
        PasswordHash decoy = PasswordHash.decoy(20_000, RANDOM);
        long[] quickest = {Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE};
        List<Runnable> checks =
                List.of(
                        () -> assertThat(hash.verify(bytes("pencil"))).isTrue(),
                        () -> assertThat(hash.verify(bytes("x"))).isFalse(),
                        () -> assertThat(decoy.verify(bytes("pencil"))).isFalse());
        for (int round = 0; round < 15; round++) {
            for (int i = 0; i < quickest.length; i++) {
                quickest[i] = Math.min(quickest[i], cpuNanos(checks.get(i)));
            }
        }
        assertThat((double) quickest[1] / quickest[0]).isBetween(0.5, 2.0);
        assertThat((double) quickest[2] / quickest[0]).isBetween(0.5, 2.0);
    }

    /** Of this thread alone: others may keep the machine busy. */
    private static long cpuNanos(Runnable check) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long begin = threads.getCurrentThreadCpuTime();
        check.run();
        return threads.getCurrentThreadCpuTime() - begin;
    }
}
