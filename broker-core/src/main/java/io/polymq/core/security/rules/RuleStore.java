package io.polymq.core.security.rules;

import io.polymq.meta.CachedView;
import io.polymq.meta.MetadataException;
import io.polymq.meta.NodeCache;
import io.polymq.meta.Transaction;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rules in the metadata, under {@code auth/rules/}, and those of the configuration in front of
 * them. Futures complete when readers see the change. Shared.
 */
public final class RuleStore implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RuleStore.class);
    private static final String PREFIX = "auth/rules/";

    private final NodeCache cache;
    private final CachedView<Rule> view;
    private final SecureRandom random;
    private volatile List<Rule> configured;

    public RuleStore(NodeCache cache, List<Rule> configured, SecureRandom random) {
        this.cache = cache;
        this.configured = List.copyOf(configured);
        this.random = random;
        this.view = cache.view(PREFIX, RuleStore::read);
    }

    private static Rule read(String id, byte[] value) {
        try {
            return RuleCodec.decode(id, value);
        } catch (IOException | IllegalArgumentException e) {
            Rule instead = RuleCodec.unreadable(id, value);
            LOG.atError()
                    .addKeyValue("rule", id)
                    .addKeyValue("reason", e.getMessage())
                    .addKeyValue("instead", instead)
                    .log("an access rule cannot be read");
            return instead;
        }
    }

    public CompletableFuture<Void> ready() {
        return view.ready();
    }

    /** Takes on what the configuration has by now; nobody is called back. */
    public void configured(List<Rule> now) {
        configured = List.copyOf(now);
    }

    /** Calls back after each change of those in the metadata. */
    public void onChange(Runnable listener) {
        view.listen((id, before, after) -> listener.run());
    }

    /** All of them, those of the configuration first. */
    public List<Rule> all() {
        List<Rule> rules = new ArrayList<>(configured);
        view.all().values().forEach(versioned -> rules.add(versioned.value()));
        return rules;
    }

    /** Null when there is none. */
    public @Nullable Rule find(String id) {
        for (Rule rule : configured) {
            if (rule.id().equals(id)) {
                return rule;
            }
        }
        return view.get(id);
    }

    /** An id that no rule has. */
    public String newId() {
        byte[] bytes = new byte[8];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** Adds rules or replaces those with the same ids, at most 128 at once, all or none. */
    public CompletableFuture<Void> put(List<Rule> rules) {
        if (rules.stream().anyMatch(rule -> isConfigured(rule.id()))) {
            return CompletableFuture.failedFuture(
                    new IllegalArgumentException("a rule of the configuration is changed there"));
        }
        return commit(
                rules.stream()
                        .map(
                                rule ->
                                        (Transaction.Operation)
                                                new Transaction.Put(
                                                        PREFIX + rule.id(),
                                                        RuleCodec.encode(rule),
                                                        0))
                        .toList());
    }

    /** Deletes those in the metadata that the test holds for; what was deleted. */
    public CompletableFuture<List<Rule>> delete(Predicate<Rule> which) {
        List<Rule> gone = new ArrayList<>();
        for (Map.Entry<String, CachedView.Versioned<Rule>> entry : view.all().entrySet()) {
            if (which.test(entry.getValue().value())) {
                gone.add(entry.getValue().value());
            }
        }
        CompletableFuture<Void> deleted = CompletableFuture.completedFuture(null);
        for (int from = 0; from < gone.size(); from += Transaction.MAX_OPERATIONS) {
            List<Rule> some =
                    gone.subList(from, Math.min(gone.size(), from + Transaction.MAX_OPERATIONS));
            List<Transaction.Operation> operations =
                    some.stream()
                            .map(
                                    rule ->
                                            (Transaction.Operation)
                                                    new Transaction.Delete(PREFIX + rule.id()))
                            .toList();
            deleted = deleted.thenCompose(before -> commit(operations));
        }
        return deleted.thenApply(done -> List.copyOf(gone));
    }

    private CompletableFuture<Void> commit(List<Transaction.Operation> operations) {
        if (operations.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        List<Transaction.Guard> guards = new ArrayList<>();
        for (Transaction.Operation operation : operations) {
            CachedView.Versioned<Rule> known =
                    view.versioned(operation.key().substring(PREFIX.length()));
            guards.add(
                    new Transaction.Guard(
                            operation.key(), known == null ? 0 : known.modRevision()));
        }
        return cache.store()
                .commit(Transaction.of(guards, operations))
                .thenCompose(
                        outcome ->
                                outcome.succeeded()
                                        ? view.reached(outcome.revision())
                                        : CompletableFuture.failedFuture(
                                                new MetadataException(
                                                        MetadataException.Reason.REFUSED,
                                                        "somebody else changed these rules just now;"
                                                                + " look and try again")));
    }

    private boolean isConfigured(String id) {
        return configured.stream().anyMatch(rule -> rule.id().equals(id));
    }

    @Override
    public void close() {
        view.close();
    }
}
