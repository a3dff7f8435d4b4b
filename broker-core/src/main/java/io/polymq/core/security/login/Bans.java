package io.polymq.core.security.login;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.rules.AddressRange;
import io.polymq.meta.CachedView;
import io.polymq.meta.NodeCache;
import io.polymq.meta.Transaction;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Bans in the metadata, under {@code auth/bans/}. They hold for new logins; who is connected is
 * kicked by whoever bans. Shared.
 */
public final class Bans implements AutoCloseable {

    private static final String PREFIX = "auth/bans/";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final NodeCache cache;
    private final CachedView<Ban> view;
    private final InstantSource clock;

    public Bans(NodeCache cache, InstantSource clock) {
        this.cache = cache;
        this.clock = clock;
        this.view = cache.view(PREFIX, Bans::decode);
    }

    public CompletableFuture<Void> ready() {
        return view.ready();
    }

    /** Those that hold now. */
    public List<Ban> all() {
        Instant now = clock.instant();
        return view.all().values().stream()
                .map(CachedView.Versioned::value)
                .filter(ban -> ban.holds(now))
                .toList();
    }

    /** The ban that keeps this one out; null when none does. */
    public @Nullable Ban find(String user, Credentials.Peer peer) {
        if (view.size() == 0) {
            return null;
        }
        Instant now = clock.instant();
        for (CachedView.Versioned<Ban> one : view.all().values()) {
            Ban ban = one.value();
            if (ban.holds(now)
                    && ban.means(user, peer.clientId(), AddressRange.of(peer.address()))) {
                return ban;
            }
        }
        return null;
    }

    /** Adds or replaces; what has run out is removed along the way. */
    public CompletableFuture<Void> put(Ban ban) {
        Instant now = clock.instant();
        List<Transaction.Operation> operations =
                new java.util.ArrayList<>(
                        List.of(new Transaction.Put(PREFIX + ban.id(), encode(ban), 0)));
        for (CachedView.Versioned<Ban> one : view.all().values()) {
            boolean room = operations.size() < Transaction.MAX_OPERATIONS;
            if (room && !one.value().holds(now) && !one.value().id().equals(ban.id())) {
                operations.add(new Transaction.Delete(PREFIX + one.value().id()));
            }
        }
        return cache.store()
                .commit(Transaction.of(List.of(), operations))
                .thenCompose(outcome -> view.reached(outcome.revision()));
    }

    /** Completes with false when there was none. */
    public CompletableFuture<Boolean> delete(Ban.Kind kind, String value) {
        String id = kind.name().toLowerCase(Locale.ROOT) + "/" + value;
        CachedView.Versioned<Ban> known = view.versioned(id);
        if (known == null) {
            return CompletableFuture.completedFuture(false);
        }
        Transaction transaction =
                Transaction.of(
                        List.of(new Transaction.Guard(PREFIX + id, known.modRevision())),
                        List.of(new Transaction.Delete(PREFIX + id)));
        return cache.store()
                .commit(transaction)
                .thenCompose(
                        outcome ->
                                outcome.succeeded()
                                        ? view.reached(outcome.revision()).thenApply(seen -> true)
                                        : CompletableFuture.completedFuture(false));
    }

    private static byte[] encode(Ban ban) {
        ObjectNode node = JSON.createObjectNode();
        node.put("kind", ban.kind().name().toLowerCase(Locale.ROOT));
        node.put("value", ban.value());
        Instant until = ban.until();
        if (until != null) {
            node.put("until", until.toString());
        }
        node.put("reason", ban.reason());
        try {
            return JSON.writeValueAsBytes(node);
        } catch (IOException e) {
            throw new IllegalStateException("a tree of texts can be written", e);
        }
    }

    private static Ban decode(String id, byte[] bytes) throws IOException {
        JsonNode node = JSON.readTree(bytes);
        String until = node.path("until").asText();
        return new Ban(
                Ban.Kind.valueOf(node.path("kind").asText().toUpperCase(Locale.ROOT)),
                node.path("value").asText(),
                until.isEmpty() ? null : Instant.parse(until),
                node.path("reason").asText());
    }

    @Override
    public void close() {
        view.close();
    }
}
