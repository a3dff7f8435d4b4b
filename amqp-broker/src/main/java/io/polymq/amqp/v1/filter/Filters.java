package io.polymq.amqp.v1.filter;

import io.polymq.amqp.v1.message.Sections;
import io.polymq.amqp.v1.type.AmqpArray;
import io.polymq.amqp.v1.type.Described;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The filters of a source. What is not understood, or has no meaning for the node, is left out of
 * {@link #applied}, by which clients see whether theirs is. Immutable, any thread.
 */
public final class Filters {

    public static final Filters NONE =
            new Filters(Map.of(), List.of(), List.of(), false, null, Set.of(), false, null);

    /** The kind of node that a source is. */
    public enum Node {
        QUEUE,
        STREAM,
        EXCHANGE
    }

    private static final String STREAM_FILTER_VALUE = "x-stream-filter-value";
    private static final int MOST_FILTERS = 32;

    private final Map<Symbol, @Nullable Object> applied;
    private final List<Selector> selectors;
    private final List<PropertyFilter> properties;
    private final boolean noLocal;
    private final @Nullable Object streamOffset;
    private final Set<String> streamFilter;
    private final boolean matchUnfiltered;
    private final @Nullable String bindingKey;

    private Filters(
            Map<Symbol, @Nullable Object> applied,
            List<Selector> selectors,
            List<PropertyFilter> properties,
            boolean noLocal,
            @Nullable Object streamOffset,
            Set<String> streamFilter,
            boolean matchUnfiltered,
            @Nullable String bindingKey) {
        this.applied = applied;
        this.selectors = selectors;
        this.properties = properties;
        this.noLocal = noLocal;
        this.streamOffset = streamOffset;
        this.streamFilter = streamFilter;
        this.matchUnfiltered = matchUnfiltered;
        this.bindingKey = bindingKey;
    }

    /**
     * Reads what a receiver asks for.
     *
     * @throws FilterException when a selector cannot be understood, or a place in a stream
     */
    public static Filters parse(Map<Symbol, @Nullable Object> wanted, Node node) {
        if (wanted.isEmpty()) {
            return NONE;
        }
        if (wanted.size() > MOST_FILTERS) {
            throw new FilterException("a source of " + wanted.size() + " filters");
        }
        Reading reading = new Reading(node);
        wanted.forEach(reading::take);
        return reading.done();
    }

    /** The filters that count, as they were sent: a source's answer. */
    public Map<Symbol, @Nullable Object> applied() {
        return applied;
    }

    /** Whether messages must be looked into. */
    public boolean looksAtMessages() {
        return !selectors.isEmpty() || !properties.isEmpty() || !streamFilter.isEmpty();
    }

    /** Whether the receiver wants it. */
    public boolean matches(Sections message) {
        for (Selector selector : selectors) {
            if (!selector.matches(message)) {
                return false;
            }
        }
        for (PropertyFilter filter : properties) {
            if (!filter.matches(message)) {
                return false;
            }
        }
        return streamFilter.isEmpty() || isInStreamFilter(message);
    }

    private boolean isInStreamFilter(Sections message) {
        Object value = message.annotations().get(STREAM_FILTER_VALUE);
        return value == null ? matchUnfiltered : streamFilter.contains(String.valueOf(value));
    }

    /** Whether the receiver wants nothing that its own connection has sent. */
    public boolean noLocal() {
        return noLocal;
    }

    /**
     * Where in a stream to begin: an {@link Instant}, a {@link Long}, or a word such as {@code
     * first}; null when it is not said.
     */
    public @Nullable Object streamOffset() {
        return streamOffset;
    }

    /** With what key to bind to an exchange; null when it is not said. */
    public @Nullable String bindingKey() {
        return bindingKey;
    }

    /** All selectors as one condition in JMS's grammar; null when there is none. */
    public @Nullable String selector() {
        return switch (selectors.size()) {
            case 0 -> null;
            case 1 -> selectors.getFirst().toString();
            default ->
                    "("
                            + String.join(
                                    ") AND (", selectors.stream().map(Selector::toString).toList())
                            + ")";
        };
    }

    /** The registered filters by name and by number. */
    private enum Kind {
        SELECTOR("apache.org:selector-filter:string", 0x0000_468C_0000_0004L),
        NO_LOCAL("apache.org:no-local-filter:list", 0x0000_468C_0000_0003L),
        TOPIC_BINDING("apache.org:legacy-amqp-topic-binding:string", 0x0000_468C_0000_0001L),
        DIRECT_BINDING("apache.org:legacy-amqp-direct-binding:string", 0x0000_468C_0000_0000L),
        SQL("amqp:sql-filter", 0x120),
        PROPERTIES("amqp:properties-filter", 0x173),
        APPLICATION_PROPERTIES("amqp:application-properties-filter", 0x174),
        STREAM_OFFSET("rabbitmq:stream-offset-spec", -1),
        STREAM_FILTER("rabbitmq:stream-filter", -1),
        MATCH_UNFILTERED("rabbitmq:stream-match-unfiltered", -1);

        private final String name;
        private final long number;

        Kind(String name, long number) {
            this.name = name;
            this.number = number;
        }

        /** By the descriptor; where there is none by the filter's name. */
        static @Nullable Kind of(Symbol key, @Nullable Object filter) {
            Object descriptor =
                    filter instanceof Described described ? described.descriptor() : key;
            for (Kind kind : values()) {
                boolean is =
                        switch (descriptor) {
                            case Unsigned number -> number.value() == kind.number;
                            case Symbol name -> name.text().equals(kind.name);
                            case String name -> name.equals(kind.name);
                            case null, default -> false;
                        };
                if (is) {
                    return kind;
                }
            }
            return switch (key.text()) {
                case "jms-selector", "selector" -> filter instanceof String ? SELECTOR : null;
                case "no-local" -> filter instanceof Described ? null : NO_LOCAL;
                default -> null;
            };
        }
    }

    /** The filters that were understood so far. */
    private static final class Reading {

        private final Node node;
        private final Map<Symbol, @Nullable Object> applied = new LinkedHashMap<>();
        private final List<Selector> selectors = new ArrayList<>();
        private final List<PropertyFilter> properties = new ArrayList<>();
        private final Set<String> streamFilter = new HashSet<>();
        private boolean noLocal;
        private boolean matchUnfiltered;
        private @Nullable Object streamOffset;
        private @Nullable String bindingKey;

        Reading(Node node) {
            this.node = node;
        }

        void take(Symbol key, @Nullable Object filter) {
            Kind kind = Kind.of(key, filter);
            Object value = filter instanceof Described described ? described.value() : filter;
            if (kind != null && isTaken(kind, value)) {
                applied.put(key, filter);
            }
        }

        private boolean isTaken(Kind kind, @Nullable Object value) {
            return switch (kind) {
                case SELECTOR, SQL ->
                        value instanceof String text && selectors.add(Selector.parse(text));
                case NO_LOCAL -> {
                    noLocal = true;
                    yield true;
                }
                case TOPIC_BINDING, DIRECT_BINDING -> {
                    boolean fits = node == Node.EXCHANGE && value instanceof String;
                    bindingKey = fits ? String.valueOf(value) : bindingKey;
                    yield fits;
                }
                case PROPERTIES -> add(PropertyFilter.onProperties(value));
                case APPLICATION_PROPERTIES -> add(PropertyFilter.onApplicationProperties(value));
                case STREAM_OFFSET -> node == Node.STREAM && offset(value);
                case STREAM_FILTER -> node == Node.STREAM && streamFilter(value);
                case MATCH_UNFILTERED -> {
                    boolean fits = node == Node.STREAM && value instanceof Boolean;
                    matchUnfiltered = fits ? Boolean.TRUE.equals(value) : matchUnfiltered;
                    yield fits;
                }
            };
        }

        private boolean add(@Nullable PropertyFilter filter) {
            return filter != null && properties.add(filter);
        }

        private boolean offset(@Nullable Object value) {
            streamOffset =
                    switch (value) {
                        case String word -> word;
                        case Symbol word -> word.text();
                        case Instant time -> time;
                        case Unsigned number when number.fitsLong() -> number.value();
                        case Long number when number >= 0 -> number;
                        case Integer number when number >= 0 -> number.longValue();
                        case null, default ->
                                throw new FilterException("no place in a stream: " + value);
                    };
            return true;
        }

        private boolean streamFilter(@Nullable Object value) {
            List<?> values =
                    switch (value) {
                        case String one -> List.of(one);
                        case List<?> several -> several;
                        case AmqpArray several -> several.items();
                        case null, default -> List.of();
                    };
            for (Object one : values) {
                if (one instanceof String text) {
                    streamFilter.add(text);
                }
            }
            return !streamFilter.isEmpty();
        }

        Filters done() {
            return new Filters(
                    Collections.unmodifiableMap(applied),
                    List.copyOf(selectors),
                    List.copyOf(properties),
                    noLocal,
                    streamOffset,
                    Set.copyOf(streamFilter),
                    matchUnfiltered,
                    bindingKey);
        }
    }
}
