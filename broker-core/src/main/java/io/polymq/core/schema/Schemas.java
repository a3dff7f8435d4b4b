package io.polymq.core.schema;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.polymq.core.message.Message;
import io.polymq.core.router.PublishGuard;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import io.polymq.meta.CachedView;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.NodeCache;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The schemas of all tenants and the subjects that they are bound to, kept in metadata and followed
 * in memory. Any thread. A tenant without bindings costs a publish one look-up; with bindings,
 * which of them concern a subject is found once and kept.
 */
public final class Schemas implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Schemas.class);
    private static final String SCHEMAS = "schemas/";
    private static final String BINDINGS = "schema-bindings/";
    private static final int MOST_SUBJECTS = 10_000;
    private static final int FRAME = 5;

    /** A binding with its filter and check. */
    private record Rule(SchemaBinding binding, Filter filter, boolean framed, PayloadCheck check) {}

    /** What holds for one tenant until something changes. */
    private record Rules(List<Rule> all, ConcurrentHashMap<Subject, List<Rule>> bySubject) {}

    private final ObjectMapper mapper = new ObjectMapper();
    private final MetadataStore store;
    private final CachedView<Schema> schemas;
    private final CachedView<SchemaBinding> bindings;
    private final ConcurrentHashMap<String, Rules> tenants = new ConcurrentHashMap<>();

    public Schemas(NodeCache cache) {
        store = cache.store();
        schemas = cache.view(SCHEMAS, (name, json) -> mapper.readValue(json, Schema.class));
        bindings =
                cache.view(BINDINGS, (name, json) -> mapper.readValue(json, SchemaBinding.class));
        schemas.listen((name, before, after) -> tenants.clear());
        bindings.listen((name, before, after) -> tenants.clear());
    }

    /**
     * Hands itself over for as long as any subject of any tenant is bound, and null else, so that
     * publishing costs nothing where there are no schemas. Once now, then at each change.
     */
    public void guard(Consumer<@Nullable PublishGuard> gate) {
        Runnable look = () -> gate.accept(bindings.size() == 0 ? null : this::refusal);
        bindings.listen((name, before, after) -> look.run());
        look.run();
    }

    /** Completes when what is stored is known. */
    public CompletableFuture<Void> ready() {
        return CompletableFuture.allOf(schemas.ready(), bindings.ready());
    }

    /** Keeps a schema, in place of an older one; refused with a {@link SchemaException}. */
    public CompletableFuture<Void> define(String tenant, Schema schema) {
        try {
            schema.format().compile(schema);
        } catch (SchemaException e) {
            return CompletableFuture.failedFuture(e);
        }
        return put(SCHEMAS + tenant + "/" + schema.name(), schema, schemas);
    }

    /** Removes a schema, unless subjects are bound to it. */
    public CompletableFuture<Void> remove(String tenant, String name) {
        if (bindings(tenant).stream().anyMatch(bound -> bound.schema().equals(name))) {
            return CompletableFuture.failedFuture(
                    new SchemaException("subjects are bound to the schema " + name));
        }
        return store.delete(SCHEMAS + tenant + "/" + name).thenCompose(schemas::reached);
    }

    /** Binds subjects to a schema, in place of an older binding of the same filter. */
    public CompletableFuture<Void> bind(String tenant, SchemaBinding binding) {
        try {
            Dialect.AMQP.parse(binding.filter());
        } catch (InvalidSubjectException e) {
            return CompletableFuture.failedFuture(
                    new SchemaException("not a filter: " + binding.filter(), e));
        }
        if (schemas.get(tenant + "/" + binding.schema()) == null) {
            return CompletableFuture.failedFuture(
                    new SchemaException("no schema " + binding.schema()));
        }
        return put(BINDINGS + tenant + "/" + binding.filter(), binding, bindings);
    }

    public CompletableFuture<Void> unbind(String tenant, String filter) {
        return store.delete(BINDINGS + tenant + "/" + filter).thenCompose(bindings::reached);
    }

    public Collection<Schema> schemas(String tenant) {
        return schemas.beginningWith(tenant + "/").values().stream()
                .map(CachedView.Versioned::value)
                .toList();
    }

    public Collection<SchemaBinding> bindings(String tenant) {
        return bindings.beginningWith(tenant + "/").values().stream()
                .map(CachedView.Versioned::value)
                .toList();
    }

    private CompletableFuture<Void> put(String key, Object value, CachedView<?> view) {
        try {
            return store.put(key, mapper.writeValueAsBytes(value)).thenCompose(view::reached);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Whether a message may be published, on the publisher's thread.
     *
     * @return why it may not, null when it may
     */
    public @Nullable String refusal(String tenant, Message message) {
        Rules rules = tenants.get(tenant);
        if (rules == null) {
            rules = tenants.computeIfAbsent(tenant, this::rules);
        }
        if (rules.all().isEmpty()) {
            return null;
        }
        for (Rule rule : concerning(rules, message.subject())) {
            String fault = fault(rule, message);
            if (fault == null) {
                continue;
            }
            if (rule.binding().violation() == SchemaBinding.Violation.REJECT) {
                return "schema " + rule.binding().schema() + ": " + fault;
            }
            log.atInfo()
                    .addKeyValue("tenant", tenant)
                    .addKeyValue("subject", message.subject())
                    .addKeyValue("schema", rule.binding().schema())
                    .addKeyValue("fault", fault)
                    .log("A message does not follow its schema");
        }
        return null;
    }

    private static List<Rule> concerning(Rules rules, Subject subject) {
        List<Rule> known = rules.bySubject().get(subject);
        if (known != null) {
            return known;
        }
        List<Rule> matching =
                rules.all().stream().filter(rule -> rule.filter().matches(subject)).toList();
        if (rules.bySubject().size() >= MOST_SUBJECTS) {
            rules.bySubject().clear();
        }
        rules.bySubject().put(subject, matching);
        return matching;
    }

    private static @Nullable String fault(Rule rule, Message message) {
        int skip = rule.framed() ? FRAME : 0;
        if (message.payloadLength() < skip
                || skip > 0 && message.payload()[message.payloadOffset()] != 0) {
            return "no schema id in front of the payload";
        }
        return rule.check()
                .fault(
                        message.payload(),
                        message.payloadOffset() + skip,
                        message.payloadLength() - skip);
    }

    private Rules rules(String tenant) {
        List<Rule> all = new ArrayList<>();
        for (SchemaBinding binding : bindings(tenant)) {
            Schema schema = schemas.get(tenant + "/" + binding.schema());
            if (schema == null) {
                continue;
            }
            try {
                Filter filter = Dialect.AMQP.parse(binding.filter());
                all.add(
                        new Rule(
                                binding, filter, schema.framed(), schema.format().compile(schema)));
            } catch (InvalidSubjectException | SchemaException e) {
                log.atError()
                        .addKeyValue("tenant", tenant)
                        .addKeyValue("schema", binding.schema())
                        .addKeyValue("fault", e.toString())
                        .log("A schema cannot be used, and nothing is checked against it");
            }
        }
        return new Rules(List.copyOf(all), new ConcurrentHashMap<>());
    }

    /** Every tenant that has schemas or bindings. */
    public Collection<String> tenants() {
        return java.util.stream.Stream.of(schemas.all(), bindings.all())
                .map(Map::keySet)
                .flatMap(Collection::stream)
                .map(key -> key.substring(0, key.indexOf('/')))
                .distinct()
                .sorted()
                .toList();
    }

    @Override
    public void close() {
        schemas.close();
        bindings.close();
    }
}
