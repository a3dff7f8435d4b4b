package io.polymq.amqp.v1.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.amqp.v1.message.Header;
import io.polymq.amqp.v1.message.Properties;
import io.polymq.amqp.v1.message.Sections;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SelectorTest {

    private static final Sections MESSAGE = message();

    private static Sections message() {
        Map<String, Object> application = new LinkedHashMap<>();
        application.put("color", "red");
        application.put("int", 7);
        application.put("long", 1L << 60);
        application.put("ubyte", Unsigned.ofByte(200));
        application.put("double", 2.5);
        application.put("float", 0.5f);
        application.put("yes", true);
        application.put("no", false);
        application.put("nothing", null);
        application.put("quote", "it's");
        application.put("percent", "10%_x");
        application.put("symbol", new Symbol("s"));
        application.put("$odd_name1", 1);
        application.put("with.dot", 1);
        application.put("with space", 1);
        return new Sections(
                new Header(true, 6, -1, false, 2),
                Map.of("x-opt-delivery-time", 5000L),
                new Properties(
                        "ID:1",
                        "me".getBytes(StandardCharsets.UTF_8),
                        "orders",
                        "kind",
                        "answers",
                        "corr",
                        "text/plain",
                        null,
                        Instant.ofEpochMilli(9000),
                        Instant.ofEpochMilli(1000),
                        "g",
                        Unsigned.ofInt(3),
                        null),
                application);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "  ",
                "TRUE",
                "yes",
                "NOT no",
                "color = 'red'",
                "color <> 'blue'",
                "'red' = color",
                "int = 7",
                "int = 7.0",
                "int=7L",
                "int > 6 AND int < 8",
                "int >= 7 and int <= 7",
                "ubyte = 200",
                "long > 1152921504606846975",
                "double = 2.5 OR FALSE",
                "double > 2",
                "float = .5",
                "double = 25e-1",
                "double = 2.5d",
                "int + 3 * 2 = 13",
                "(int + 3) * 2 = 20",
                "int / 2 = 3",
                "int / 2.0 = 3.5",
                "int % 4 = 3",
                "-int = -7",
                "- - int = +7",
                "int BETWEEN 5 AND 7",
                "int NOT BETWEEN 8 AND 9",
                "color BETWEEN 1 AND 2 OR TRUE",
                "color IN ('blue', 'red')",
                "color NOT IN ('blue')",
                "int IN (7, 8)",
                "int IN (7.0)",
                "color LIKE 'r%'",
                "color LIKE 'r_d'",
                "color LIKE '%e%'",
                "color NOT LIKE 'r_'",
                "percent LIKE '10\\%\\__' ESCAPE '\\'",
                "percent LIKE '%!%%' ESCAPE '!'",
                "quote = 'it''s'",
                "missing IS NULL",
                "nothing IS NULL",
                "color IS NOT NULL",
                "NOT (missing = 1) OR missing IS NULL",
                "symbol = 's'",
                "$odd_name1 = 1",
                "with.dot = 1",
                "\"with space\" = 1",
                "0x1F = 31 AND 017 = 15",
                "JMSPriority = 6",
                "JMSDeliveryMode = 'PERSISTENT'",
                "JMSMessageID = 'ID:1'",
                "JMSCorrelationID = 'corr'",
                "JMSTimestamp = 1000",
                "JMSExpiration = 9000",
                "JMSType = 'kind'",
                "JMSReplyTo = 'answers'",
                "JMSDestination = 'orders'",
                "JMSRedelivered = TRUE",
                "JMSDeliveryTime = 5000",
                "JMSXGroupID = 'g' AND JMSXGroupSeq = 3",
                "JMSXUserID = 'me'",
                "JMSXDeliveryCount = 3",
                "p.subject = 'kind' AND h.priority = 6 AND a.color = 'red'",
                "properties.creation_time = 1000 AND color != 'blue'",
                "yes = TRUE",
                "yes <> no"
            })
    void isTrue(String selector) {
        assertThat(Selector.parse(selector).matches(MESSAGE)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "FALSE",
                "no",
                "color",
                "missing",
                "NOT missing",
                "color = 'RED'",
                "color = 7",
                "int = '7'",
                "color < 'z'",
                "color > 'a'",
                "missing = 1",
                "missing <> 1",
                "NOT (missing = 1)",
                "missing = 1 AND TRUE",
                "missing = missing",
                "nothing = nothing",
                "missing + 1 = 1",
                "int / 0 = 1",
                "int % 0 <> 1",
                "color + 1 = 1",
                "missing LIKE '%'",
                "missing NOT LIKE '%'",
                "int LIKE '7'",
                "color LIKE 'red_'",
                "color LIKE ''",
                "missing IN ('a')",
                "missing NOT IN ('a')",
                "int BETWEEN 8 AND 9",
                "missing BETWEEN 1 AND 2",
                "missing NOT BETWEEN 1 AND 2",
                "color IS NULL",
                "missing IS NOT NULL",
                "JMSPriority > 6",
                "nothing IS NOT NULL"
            })
    void isNotTrue(String selector) {
        assertThat(Selector.parse(selector).matches(MESSAGE)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "=",
                "color =",
                "color = 'red",
                "color == 'red'",
                "color = red'",
                "(color = 'red'",
                "color = 'red')",
                "color LIKE red",
                "color LIKE 'x' ESCAPE 'ab'",
                "color LIKE 'x!' ESCAPE '!'",
                "color IN ()",
                "color IN ('a',)",
                "color IN (b)",
                "color IN -'a'",
                "int BETWEEN 1",
                "int BETWEEN 1 OR 2",
                "NOT",
                "AND yes",
                "yes AND",
                "yes no",
                "5",
                "'text'",
                "1 + 1",
                "'a' + 1 = 2",
                "TRUE + 1 = 2",
                "5 AND yes",
                "-'a' = 1",
                "int = 1x",
                "int = 99999999999999999999",
                "int = 1e",
                "color ; DROP",
                "IS NULL",
                "color IS 5"
            })
    void isNoSelector(String selector) {
        assertThatThrownBy(() -> Selector.parse(selector)).isInstanceOf(FilterException.class);
    }

    @Test
    void nestingAndLengthHaveAnEnd() {
        assertThatThrownBy(() -> Selector.parse("(".repeat(1000) + "TRUE" + ")".repeat(1000)))
                .isInstanceOf(FilterException.class);
        assertThatThrownBy(() -> Selector.parse("x".repeat(10_000)))
                .isInstanceOf(FilterException.class);
        String most = "yes" + " AND yes".repeat(500);
        assertThat(Selector.parse(most).matches(MESSAGE)).isTrue();
        assertThat(Selector.parse("NOT ".repeat(1000) + "yes").matches(MESSAGE)).isTrue();
    }

    @Test
    void patternsDoNotGoAstray() {
        LikePattern pattern = new LikePattern("%a".repeat(40) + "%b", -1);
        assertThat(pattern.fits("a".repeat(50_000))).isFalse();
        assertThat(pattern.fits("a".repeat(50_000) + "b")).isTrue();
    }

    @Test
    void anUnsetPriorityIsTheNormalOne() {
        assertThat(Selector.parse("JMSPriority = 4 AND JMSExpiration = 0").matches(Sections.NONE))
                .isTrue();
    }
}
