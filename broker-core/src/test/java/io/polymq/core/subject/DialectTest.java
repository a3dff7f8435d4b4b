package io.polymq.core.subject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.polymq.core.subject.InvalidSubjectException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DialectTest {

    @ParameterizedTest
    @CsvSource({
        "a/b, a.b, a.b",
        "+/b, *.b, *.b",
        "a/+/c, a.*.c, a.*.c",
        "#, >, #",
        "a/+/#, a.>, a.*.#",
        "a/+/+/#, a.*.>, a.*.*.#",
        "a/b.c, a.b/c, a.b/c",
        "$SYS/+, $SYS.*, $SYS.*",
        "ä/日本/+, ä.日本.*, ä.日本.*"
    })
    void oneFilterHasASpellingInEachDialect(String mqtt, String nats, String amqp)
            throws InvalidSubjectException {
        Filter filter = Dialect.MQTT.parse(mqtt);
        assertThat(Dialect.NATS.print(filter)).contains(nats);
        assertThat(Dialect.AMQP.print(filter)).contains(amqp);
        assertThat(Dialect.MQTT.print(Dialect.NATS.parse(nats))).contains(mqtt);
        assertThat(Dialect.MQTT.print(Dialect.AMQP.parse(amqp))).contains(mqtt);
        assertThat(Dialect.NATS.parse(nats).withSkipsReserved(true))
                .isEqualTo(filter.withSkipsReserved(true));
    }

    @Test
    void whatADialectCannotSayIsNotPrinted() throws InvalidSubjectException {
        assertThat(Dialect.NATS.print(Dialect.MQTT.parse("a/#"))).isEmpty();
        assertThat(Dialect.NATS.print(Dialect.MQTT.parse("a//b"))).isEmpty();
        assertThat(Dialect.NATS.print(Dialect.MQTT.parse("a/*"))).isEmpty();
        assertThat(Dialect.NATS.print(Dialect.MQTT.parse("a b"))).isEmpty();
        assertThat(Dialect.MQTT.print(Dialect.NATS.parse("a.+"))).isEmpty();
        assertThat(Dialect.MQTT.print(Dialect.AMQP.parse("a.#.b"))).isEmpty();
        assertThat(Dialect.NATS.print(Dialect.AMQP.parse("#.b"))).isEmpty();
        assertThat(Dialect.AMQP.print(Dialect.MQTT.parse("a/*"))).isEmpty();
        assertThat(Dialect.MQTT.print(Filter.EMPTY)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "MQTT, a/#/b, WILDCARD_NOT_LAST",
        "MQTT, a+, WILDCARD_IN_LEVEL",
        "MQTT, #a, WILDCARD_IN_LEVEL",
        "MQTT, a/b#, WILDCARD_IN_LEVEL",
        "MQTT, '', EMPTY",
        "NATS, '', EMPTY",
        "NATS, foo.>.bar, WILDCARD_NOT_LAST",
        "NATS, .a, EMPTY_LEVEL",
        "NATS, a., EMPTY_LEVEL",
        "NATS, a..b, EMPTY_LEVEL",
        "NATS, a b, BAD_CHARACTER",
    })
    void badFiltersAreRefusedWithTheReason(Dialect dialect, String text, Reason reason) {
        InvalidSubjectException refused =
                catchThrowableOfType(InvalidSubjectException.class, () -> dialect.parse(text));
        assertThat(refused.reason()).isEqualTo(reason);
    }

    @Test
    void charactersThatOnlyBelongToOthersAreLiteral() throws InvalidSubjectException {
        assertThat(Dialect.NATS.parse("a*b.c>").isExact()).isTrue();
        assertThat(Dialect.NATS.parse("a.#.+").isExact()).isTrue();
        assertThat(Dialect.MQTT.parse("a/*/>").isExact()).isTrue();
        assertThat(Dialect.AMQP.parse("a.>.+b").isExact()).isTrue();
    }

    @Test
    void levelsThatLookLikeTheInnerWildcardsStayLiteral() throws InvalidSubjectException {
        for (int b = 1; b <= 5; b++) {
            String level = String.valueOf((char) b);
            Filter filter = Dialect.AMQP.parse("a." + level + "." + level + "x");
            assertThat(filter.isExact()).isTrue();
            assertThat(Dialect.AMQP.print(filter)).contains("a." + level + "." + level + "x");
            assertThat(filter.matches(Subject.ofDotted("a." + level + "." + level + "x"))).isTrue();
            assertThat(filter.matches(Subject.ofDotted("a.b." + level + "x"))).isFalse();
            assertThat(filter.subject())
                    .isEqualTo(Subject.ofDotted("a." + level + "." + level + "x"));
        }
    }

    @Test
    void mqttTopicNamesAreValidated() {
        assertThat(fault(Dialect.MQTT, "a/+")).isEqualTo(Reason.WILDCARD_IN_SUBJECT);
        assertThat(fault(Dialect.MQTT, "a#")).isEqualTo(Reason.WILDCARD_IN_SUBJECT);
        assertThat(fault(Dialect.MQTT, "a\0")).isEqualTo(Reason.BAD_CHARACTER);
        assertThat(fault(Dialect.MQTT, "")).isEqualTo(Reason.EMPTY);
        assertThat(fault(Dialect.MQTT, "/")).isNull();
        assertThat(fault(Dialect.MQTT, "x".repeat(65_535))).isNull();
        assertThat(fault(Dialect.MQTT, "x".repeat(65_536))).isEqualTo(Reason.TOO_LONG);
        byte[] surrogate = {(byte) 0xED, (byte) 0xA0, (byte) 0x80};
        assertThat(Dialect.MQTT.fault(surrogate, 0, 3)).isEqualTo(Reason.BAD_CHARACTER);
    }

    @Test
    void aSubjectKnowsWhoseClientsCanBeSentIt() {
        Subject spaced = Subject.ofSlashed("a b/c");
        assertThat(Dialect.NATS.canSpell(spaced)).isFalse();
        assertThat(Dialect.MQTT.canSpell(spaced)).isTrue();
        assertThat(Dialect.AMQP.canSpell(spaced)).isTrue();
        assertThat(Dialect.NATS.canSpell(spaced)).isFalse();
        assertThat(Dialect.MQTT.canSpell(Subject.ofDotted("a.+"))).isFalse();
        assertThat(Dialect.AMQP.canSpell(Subject.ofDotted("x".repeat(256)))).isFalse();
        assertThat(Dialect.NATS.canSpell(Subject.ofDotted("a..b"))).isTrue();
        assertThat(Dialect.MQTT.canSpell(Subject.EMPTY)).isFalse();
    }

    @Test
    void parsingWhatWasPrintedGivesTheSameFilter() throws InvalidSubjectException {
        Random random = new Random(7);
        for (int i = 0; i < 100_000; i++) {
            Filter filter = RandomSubjects.filter(random);
            for (Dialect dialect : Dialect.values()) {
                String text = dialect.print(filter).orElse(null);
                if (text != null) {
                    Filter back = dialect.parse(text);
                    assertThat(back.withSkipsReserved(false))
                            .as("%s of %s", dialect, filter)
                            .matches(
                                    f ->
                                            f.equals(filter.withSkipsReserved(false))
                                                    || everything(f) && everything(filter));
                    assertThat(dialect.print(back)).contains(text);
                }
            }
        }
    }

    @Test
    void everyMqttFilterIsPrintedAsItWasWritten() throws InvalidSubjectException {
        Random random = new Random(8);
        for (int i = 0; i < 100_000; i++) {
            StringBuilder text = new StringBuilder();
            int levels = 1 + random.nextInt(6);
            for (int level = 0; level < levels; level++) {
                boolean last = level == levels - 1;
                text.append(
                        switch (random.nextInt(8)) {
                            case 0 -> "+";
                            case 1 -> last ? "#" : "x.y";
                            case 2 -> "";
                            case 3 -> "a.b*";
                            case 4 -> "日.本";
                            default -> String.valueOf((char) ('a' + random.nextInt(3)));
                        });
                if (!last) {
                    text.append('/');
                }
            }
            if (!text.isEmpty()) {
                assertThat(Dialect.MQTT.print(Dialect.MQTT.parse(text.toString())))
                        .contains(text.toString());
            }
        }
    }

    @Test
    void spellingsOfSubjectsAreABijection() {
        Random random = new Random(9);
        for (int i = 0; i < 100_000; i++) {
            byte[] bytes = new byte[random.nextInt(12)];
            for (int j = 0; j < bytes.length; j++) {
                bytes[j] = (byte) "ab./+#*>$".charAt(random.nextInt(9));
            }
            Subject subject = Subject.ofSlashed(bytes, 0, bytes.length);
            assertThat(subject.slashed()).isEqualTo(bytes);
            Subject again = Subject.ofDotted(subject.dotted(), 0, subject.length());
            assertThat(again).isEqualTo(subject).hasSameHashCodeAs(subject);
            assertThat(again.isSlashed(bytes, 0, bytes.length)).isTrue();
        }
    }

    @Test
    void aFilterOfManyThousandLevelsIsParsedAndMatchedInTime() throws InvalidSubjectException {
        String deep = "/".repeat(32_766);
        Filter filter = Dialect.MQTT.parse(deep + "/#");
        Subject subject = Subject.ofSlashed(deep + "/x");
        assertThat(filter.levelCount()).isEqualTo(32_768);
        assertThat(filter.matches(subject)).isTrue();
        assertThat(Dialect.MQTT.print(filter)).contains(deep + "/#");
        assertThat(filter.covers(Filter.exactly(subject))).isTrue();
        assertThat(filter.overlaps(Dialect.MQTT.parse("+" + deep + "+"))).isTrue();
    }

    private static boolean everything(Filter filter) {
        return filter.encoded().length == 1 && filter.encoded()[0] >= Filter.ANY;
    }

    private static Reason fault(Dialect dialect, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return dialect.fault(bytes, 0, bytes.length);
    }
}
