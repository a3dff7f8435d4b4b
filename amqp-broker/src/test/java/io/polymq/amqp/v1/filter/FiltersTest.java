package io.polymq.amqp.v1.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.amqp.v1.message.Header;
import io.polymq.amqp.v1.message.Properties;
import io.polymq.amqp.v1.message.Sections;
import io.polymq.amqp.v1.type.Described;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class FiltersTest {

    private static final Sections MESSAGE =
            new Sections(
                    Header.NONE,
                    Map.of("x-stream-filter-value", "eu"),
                    new Properties(
                            new UUID(1, 2),
                            new byte[] {1},
                            "/queues/q",
                            "orders.eu",
                            null,
                            Unsigned.ofLong(7),
                            "text/plain",
                            null,
                            null,
                            Instant.ofEpochMilli(5),
                            "group",
                            Unsigned.ofInt(2),
                            null),
                    Map.of("text", "&odd", "int", 7, "flag", true));

    private static Symbol symbol(String text) {
        return new Symbol(text);
    }

    private static Filters one(String name, Object filter, Filters.Node node) {
        return Filters.parse(Map.of(symbol(name), filter), node);
    }

    private static boolean properties(Map<Symbol, Object> fields) {
        Filters filters =
                one(
                        "any",
                        new Described(symbol("amqp:properties-filter"), fields),
                        Filters.Node.STREAM);
        assertThat(filters.applied()).hasSize(1);
        return filters.matches(MESSAGE);
    }

    private static Filters application(Map<Object, Object> fields) {
        return one("any", new Described(Unsigned.ofLong(0x174), fields), Filters.Node.STREAM);
    }

    @Test
    void aSelectorIsKnownByEveryNameItHas() {
        for (Object filter :
                new Object[] {
                    new Described(symbol("apache.org:selector-filter:string"), "int = 7"),
                    new Described(Unsigned.ofLong(0x0000468C00000004L), "int = 7"),
                    new Described(symbol("amqp:sql-filter"), "int = 7"),
                    "int = 7"
                }) {
            Filters filters = one("jms-selector", filter, Filters.Node.QUEUE);
            assertThat(filters.selector()).isEqualTo("int = 7");
            assertThat(filters.applied()).containsEntry(symbol("jms-selector"), filter);
            assertThat(filters.matches(MESSAGE)).isTrue();
            assertThat(filters.matches(Sections.NONE)).isFalse();
        }
        assertThatThrownBy(() -> one("jms-selector", "int =", Filters.Node.QUEUE))
                .isInstanceOf(FilterException.class);
    }

    @Test
    void noLocalIsKnown() {
        Described filter = new Described(symbol("apache.org:no-local-filter:list"), List.of());
        assertThat(one("no-local", filter, Filters.Node.EXCHANGE).noLocal()).isTrue();
    }

    @Test
    void whatIsNotUnderstoodIsLeftOutOfTheAnswer() {
        Map<Symbol, Object> wanted = new LinkedHashMap<>();
        wanted.put(symbol("a"), new Described(symbol("com.example:unknown"), "x"));
        wanted.put(symbol("b"), 5);
        wanted.put(
                symbol("no-local"), new Described(symbol("apache.org:no-local-filter:list"), null));
        wanted.put(symbol("offset"), new Described(symbol("rabbitmq:stream-offset-spec"), "first"));
        wanted.put(symbol("props"), new Described(symbol("amqp:properties-filter"), Map.of()));
        Filters filters = Filters.parse(wanted, Filters.Node.QUEUE);
        assertThat(filters.applied()).containsOnlyKeys(symbol("no-local"));
        assertThat(filters.looksAtMessages()).isFalse();
        assertThat(filters.matches(Sections.NONE)).isTrue();
    }

    @Test
    void aPlaceInAStreamIsAWordATimeOrANumber() {
        Symbol name = symbol("rabbitmq:stream-offset-spec");
        assertThat(one("x", new Described(name, "first"), Filters.Node.STREAM).streamOffset())
                .isEqualTo("first");
        assertThat(
                        one("x", new Described(name, Unsigned.ofLong(12)), Filters.Node.STREAM)
                                .streamOffset())
                .isEqualTo(12L);
        assertThat(one("x", new Described(name, Instant.EPOCH), Filters.Node.STREAM).streamOffset())
                .isEqualTo(Instant.EPOCH);
        assertThat(one(name.text(), "next", Filters.Node.STREAM).streamOffset()).isEqualTo("next");
        assertThatThrownBy(() -> one("x", new Described(name, true), Filters.Node.STREAM))
                .isInstanceOf(FilterException.class);
    }

    @Test
    void aStreamFilterTakesOneOfItsValues() {
        Symbol name = symbol("rabbitmq:stream-filter");
        assertThat(one("x", new Described(name, "eu"), Filters.Node.STREAM).matches(MESSAGE))
                .isTrue();
        assertThat(
                        one("x", new Described(name, List.of("us", "eu")), Filters.Node.STREAM)
                                .matches(MESSAGE))
                .isTrue();
        Filters us = one("x", new Described(name, "us"), Filters.Node.STREAM);
        assertThat(us.matches(MESSAGE)).isFalse();
        assertThat(us.matches(Sections.NONE)).isFalse();
        Map<Symbol, Object> both = new HashMap<>();
        both.put(name, "us");
        both.put(symbol("rabbitmq:stream-match-unfiltered"), true);
        Filters unfiltered = Filters.parse(both, Filters.Node.STREAM);
        assertThat(unfiltered.matches(Sections.NONE)).isTrue();
        assertThat(unfiltered.matches(MESSAGE)).isFalse();
    }

    @Test
    void propertiesAreComparedFieldByField() {
        assertThat(properties(Map.of(symbol("subject"), "orders.eu"))).isTrue();
        assertThat(properties(Map.of(symbol("subject"), "&p:orders."))).isTrue();
        assertThat(properties(Map.of(symbol("subject"), "&s:.us"))).isFalse();
        assertThat(properties(Map.of(symbol("subject"), "&s:.eu", symbol("to"), "&p:/queues/")))
                .isTrue();
        assertThat(properties(Map.of(symbol("message-id"), new UUID(1, 2)))).isTrue();
        assertThat(properties(Map.of(symbol("correlation-id"), Unsigned.ofLong(7)))).isTrue();
        assertThat(properties(Map.of(symbol("user-id"), new byte[] {1}))).isTrue();
        assertThat(properties(Map.of(symbol("user-id"), new byte[] {2}))).isFalse();
        assertThat(properties(Map.of(symbol("content-type"), symbol("text/plain")))).isTrue();
        assertThat(properties(Map.of(symbol("creation-time"), Instant.ofEpochMilli(5)))).isTrue();
        assertThat(properties(Map.of(symbol("group-sequence"), Unsigned.ofInt(3)))).isFalse();
        assertThat(properties(Map.of(symbol("reply-to"), "x"))).isFalse();
    }

    @Test
    void applicationPropertiesAreComparedWhateverTheWidthOfNumbers() {
        assertThat(application(Map.of("int", 7L)).matches(MESSAGE)).isTrue();
        assertThat(application(Map.of("int", Unsigned.ofByte(7))).matches(MESSAGE)).isTrue();
        assertThat(application(Map.of("int", 7.0)).matches(MESSAGE)).isTrue();
        assertThat(application(Map.of("int", "7")).matches(MESSAGE)).isFalse();
        assertThat(application(Map.of("flag", true)).matches(MESSAGE)).isTrue();
        assertThat(application(Map.of("text", "&&odd")).matches(MESSAGE)).isTrue();
        assertThat(application(Map.of("missing", 1)).matches(MESSAGE)).isFalse();
        Map<Object, Object> anything = new HashMap<>();
        anything.put("int", null);
        assertThat(application(anything).matches(MESSAGE)).isTrue();
        anything.put("missing", null);
        assertThat(application(anything).matches(MESSAGE)).isFalse();
        assertThat(application(Map.of("text", "&x")).applied()).isEmpty();
        assertThat(application(Map.of(symbol("int"), 7)).applied()).isEmpty();
        Map<Object, Object> many = new HashMap<>();
        for (int i = 0; i < 17; i++) {
            many.put("k" + i, i);
        }
        assertThat(application(many).applied()).isEmpty();
    }

    @Test
    void tooManyFiltersAreRefused() {
        Map<Symbol, Object> many = new HashMap<>();
        for (int i = 0; i < 33; i++) {
            many.put(symbol("k" + i), i);
        }
        assertThatThrownBy(() -> Filters.parse(many, Filters.Node.QUEUE))
                .isInstanceOf(FilterException.class);
    }

    @Test
    void aBindingKeyIsOneForExchangesAlone() {
        Described key = new Described(symbol("apache.org:legacy-amqp-topic-binding:string"), "a.#");
        assertThat(one("x", key, Filters.Node.EXCHANGE).bindingKey()).isEqualTo("a.#");
        assertThat(one("x", key, Filters.Node.QUEUE).applied()).isEmpty();
    }
}
