package io.polymq.nats.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SealTest {

    /** The example of NaCl's own documentation. */
    @Test
    void aBoxIsWhatNaClMakesOfTheSame() {
        byte[] key = hex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
        byte[] nonce = hex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
        byte[] message =
                hex(
                        "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffc"
                                + "e5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31"
                                + "0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde"
                                + "048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864"
                                + "5e0705");
        byte[] box =
                hex(
                        "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce"
                                + "48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972"
                                + "71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae"
                                + "90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3"
                                + "7973f622a43d14a6599b1f654cb45a74e355a5");
        SecretBox secret = new SecretBox(key);

        assertThat(secret.seal(message, nonce)).isEqualTo(box);
        assertThat(secret.open(box, nonce)).isEqualTo(message);
    }

    /** Alice and Bob of the same documentation agree on the key of the box above. */
    @Test
    void whatTwoAgreeOnIsTheKeyOfTheirBox() {
        byte[] shared = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
        byte[] nonce = hex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
        byte[] byKey =
                new SecretBox(
                                hex(
                                        "1b27556473e985d462cd51197a9a46c7"
                                                + "6009549eac6474f206c4ee0844f68389"))
                        .seal(new byte[100], nonce);

        assertThat(SecretBox.agreed(shared).seal(new byte[100], nonce)).isEqualTo(byKey);
    }

    @Test
    void whatIsSealedIsOpenedByTheOtherAloneAndOnlyWhole() {
        XKey one = XKey.fresh(new SecureRandom());
        XKey other = XKey.fresh(new SecureRandom());
        Random random = new Random(7);
        for (int length = 0; length < 300; length++) {
            byte[] message = new byte[length];
            random.nextBytes(message);
            byte[] sealed = one.seal(message, other.publicKey());
            assertThat(new String(sealed, 0, 4, StandardCharsets.US_ASCII)).isEqualTo("xkv1");
            assertThat(other.open(sealed, one.publicKey())).isEqualTo(message);
            sealed[4 + random.nextInt(sealed.length - 4)] ^= 1;
            assertThat(other.open(sealed, one.publicKey())).isNull();
        }
        assertThat(other.open(new byte[20], one.publicKey())).isNull();
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }
}
