package io.polymq.core.subject;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FilterTest {

    @Test
    void matchingIsWhatTheBookSays() {
        Random random = new Random(1);
        for (int i = 0; i < 200_000; i++) {
            Filter filter = RandomSubjects.filter(random);
            Subject subject = RandomSubjects.subject(random);
            assertThat(filter.matches(subject))
                    .as("%s against %s", filter, subject)
                    .isEqualTo(RandomSubjects.matches(filter, subject));
        }
    }

    @Test
    void coveringAndOverlappingAgreeWithSubjectsThatTellThemApart() {
        Random random = new Random(2);
        List<Subject> samples = new ArrayList<>();
        for (int i = 0; i < 4_000; i++) {
            samples.add(RandomSubjects.subject(random));
        }
        int covers = 0;
        int overlaps = 0;
        for (int i = 0; i < 3_000; i++) {
            Filter a = RandomSubjects.filter(random);
            Filter b = RandomSubjects.filter(random);
            boolean both = false;
            boolean onlyB = false;
            for (Subject subject : samples) {
                boolean inB = b.matches(subject);
                boolean inA = inB && a.matches(subject);
                both |= inA;
                onlyB |= inB && !inA;
            }
            if (a.covers(b)) {
                covers++;
                assertThat(onlyB).as("%s covers %s", a, b).isFalse();
            }
            if (a.overlaps(b)) {
                overlaps++;
            } else {
                assertThat(both).as("%s apart from %s", a, b).isFalse();
            }
            assertThat(a.overlaps(b)).isEqualTo(b.overlaps(a));
            assertThat(a.covers(a)).isTrue();
        }
        assertThat(covers).isGreaterThan(50);
        assertThat(overlaps).isGreaterThan(300);
    }

    @Test
    void coveringIsExactWhereWildcardsMeet() throws InvalidSubjectException {
        assertThat(covers("#.*", "*.#")).isTrue();
        assertThat(covers("*.#", "#.*")).isTrue();
        assertThat(covers("#.a.#", "*.a.*")).isTrue();
        assertThat(covers("#.a", "*.a.a")).isTrue();
        assertThat(covers("*.a", "#.a")).isFalse();
        assertThat(covers("a.*", "a.#")).isFalse();
        assertThat(covers("a.#", "a")).isTrue();
        assertThat(covers("a.#", "a.b.#.c")).isTrue();
    }

    @Test
    void filtersThatMatchTheSameAreEqual() throws InvalidSubjectException {
        assertThat(Dialect.AMQP.parse("a.#.#")).isEqualTo(Dialect.AMQP.parse("a.#"));
        assertThat(Dialect.AMQP.parse("#.*.#")).isEqualTo(Dialect.AMQP.parse("*.#"));
        assertThat(Dialect.MQTT.parse("a/b")).isEqualTo(Dialect.NATS.parse("a.b"));
        assertThat(Dialect.MQTT.parse("#")).isNotEqualTo(Dialect.NATS.parse(">"));
    }

    @Test
    void theReservedRuleHoldsForLeadingWildcardsOnly() throws InvalidSubjectException {
        Subject system = Subject.ofDotted("$SYS.uptime");
        assertThat(Dialect.MQTT.parse("#").matches(system)).isFalse();
        assertThat(Dialect.MQTT.parse("+/uptime").matches(system)).isFalse();
        assertThat(Dialect.MQTT.parse("$SYS/#").matches(system)).isTrue();
        assertThat(Dialect.NATS.parse(">").matches(system)).isTrue();
        assertThat(Dialect.NATS.parse(">").covers(Dialect.MQTT.parse("#"))).isTrue();
        assertThat(Dialect.MQTT.parse("#").covers(Dialect.NATS.parse("$SYS.>"))).isFalse();
        assertThat(Dialect.MQTT.parse("#").overlaps(Dialect.NATS.parse("$SYS.>"))).isFalse();
        assertThat(Dialect.MQTT.parse("#").covers(Dialect.NATS.parse("a.>"))).isTrue();
    }

    @Test
    void theEmptyRoutingKeyHasNoLevels() throws InvalidSubjectException {
        assertThat(Dialect.AMQP.parse("").matches(Subject.EMPTY)).isTrue();
        assertThat(Dialect.AMQP.parse("#").matches(Subject.EMPTY)).isTrue();
        assertThat(Dialect.AMQP.parse("*").matches(Subject.EMPTY)).isFalse();
        assertThat(Dialect.AMQP.parse("").matches(Subject.ofDotted("a"))).isFalse();
        assertThat(Subject.EMPTY.levelCount()).isZero();
    }

    private static boolean covers(String a, String b) throws InvalidSubjectException {
        return Dialect.AMQP.parse(a).covers(Dialect.AMQP.parse(b));
    }
}
