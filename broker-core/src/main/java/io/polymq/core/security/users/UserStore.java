package io.polymq.core.security.users;

import io.polymq.meta.CachedView;
import io.polymq.meta.MetadataException;
import io.polymq.meta.NodeCache;
import io.polymq.meta.Transaction;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Users in the metadata, under {@code auth/users/}, and those of the configuration, which go before
 * them. Futures complete when readers see the change. Shared.
 */
public final class UserStore implements AutoCloseable {

    private static final String PREFIX = "auth/users/";

    private final NodeCache cache;
    private final CachedView<User> view;
    private volatile Map<String, User> configured;

    public UserStore(NodeCache cache, Collection<User> configured) {
        this.cache = cache;
        this.configured = byName(configured);
        this.view = cache.view(PREFIX, UserCodec::decode);
    }

    private static Map<String, User> byName(Collection<User> users) {
        Map<String, User> named = new LinkedHashMap<>();
        users.forEach(user -> named.put(user.name(), user));
        return Collections.unmodifiableMap(named);
    }

    /** Takes on what the configuration has by now; nobody is called back. */
    public void configured(Collection<User> now) {
        configured = byName(now);
    }

    public CompletableFuture<Void> ready() {
        return view.ready();
    }

    /** Calls back after each change of those in the metadata, with the user's name. */
    public void onChange(java.util.function.Consumer<String> listener) {
        view.listen((name, before, after) -> listener.accept(name));
    }

    /** Null when there is none. */
    public @Nullable User find(String name) {
        User known = configured.get(name);
        return known != null ? known : view.get(name);
    }

    /** All of them, those of the configuration first. */
    public List<User> all() {
        Map<String, User> first = configured;
        List<User> users = new ArrayList<>(first.values());
        view.all()
                .forEach(
                        (name, versioned) -> {
                            if (!first.containsKey(name)) {
                                users.add(versioned.value());
                            }
                        });
        return users;
    }

    /** Whether there is one besides this one. */
    public boolean anyBesides(String name) {
        Map<String, User> first = configured;
        int others = first.size() + view.size();
        others -= first.containsKey(name) ? 1 : 0;
        others -= view.get(name) != null ? 1 : 0;
        return others > 0;
    }

    /** Adds or replaces. */
    public CompletableFuture<Void> put(User user) {
        return change(user.name(), before -> user).thenApply(now -> null);
    }

    /** Adds, unless there is one of that name: then it completes with false. */
    public CompletableFuture<Boolean> add(User user) {
        if (find(user.name()) != null) {
            return CompletableFuture.completedFuture(false);
        }
        Transaction transaction =
                Transaction.of(
                        List.of(new Transaction.Guard(PREFIX + user.name(), 0)),
                        List.of(
                                new Transaction.Put(
                                        PREFIX + user.name(), UserCodec.encode(user), 0)));
        return cache.store()
                .commit(transaction)
                .thenCompose(
                        outcome ->
                                outcome.succeeded()
                                        ? view.reached(outcome.revision()).thenApply(seen -> true)
                                        : CompletableFuture.completedFuture(false));
    }

    /** Deletes; completes with false when there was none. */
    public CompletableFuture<Boolean> delete(String name) {
        return change(name, before -> null).thenApply(before -> before != null);
    }

    /**
     * Makes the user anew of what it is; null is none, before and after. Fails when somebody else
     * changed it meanwhile. Completes with what it was.
     */
    public CompletableFuture<@Nullable User> change(
            String name, UnaryOperator<@Nullable User> change) {
        if (configured.containsKey(name)) {
            return CompletableFuture.failedFuture(
                    new IllegalArgumentException(
                            "the user "
                                    + name
                                    + " stands in the configuration and is changed there"));
        }
        CachedView.Versioned<User> known = view.versioned(name);
        User before = known == null ? null : known.value();
        User after = change.apply(before);
        if (before == null && after == null) {
            return CompletableFuture.completedFuture(null);
        }
        Transaction.Operation operation =
                after == null
                        ? new Transaction.Delete(PREFIX + name)
                        : new Transaction.Put(PREFIX + name, UserCodec.encode(after), 0);
        Transaction.Guard guard =
                new Transaction.Guard(PREFIX + name, known == null ? 0 : known.modRevision());
        return cache.store()
                .commit(Transaction.of(List.of(guard), List.of(operation)))
                .thenCompose(
                        outcome ->
                                outcome.succeeded()
                                        ? view.reached(outcome.revision()).thenApply(seen -> before)
                                        : CompletableFuture.failedFuture(changedMeanwhile(name)));
    }

    private static MetadataException changedMeanwhile(String name) {
        return new MetadataException(
                MetadataException.Reason.REFUSED,
                "somebody else changed the user " + name + " just now; look and try again");
    }

    @Override
    public void close() {
        view.close();
    }
}
