package io.polymq.amqp.model;

import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A host's policies, and the operator's, which bound them. Of those that fit a name the one with
 * the highest priority applies. Any thread.
 */
public final class Policies {

    private final VirtualHost host;
    private final DefinitionStore store;
    private final Map<String, Policy> users = new ConcurrentSkipListMap<>();
    private final Map<String, Policy> operators = new ConcurrentSkipListMap<>();

    Policies(VirtualHost host, DefinitionStore store) {
        this.host = host;
        this.store = store;
    }

    public Collection<Policy> all() {
        return users.values();
    }

    public Collection<Policy> ofOperator() {
        return operators.values();
    }

    /** Adds or replaces; applies at once and completes when it is safe. */
    public CompletableFuture<Void> put(Policy policy, boolean operator) {
        known(policy, operator);
        host.applyPolicies();
        return store.put(
                kind(operator),
                Map.of(
                        "pattern", policy.pattern(),
                        "apply-to", policy.applyTo().word(),
                        "priority", policy.priority(),
                        "definition", policy.definition()),
                host.name(),
                policy.name());
    }

    /** Whether there was one. */
    public CompletableFuture<Boolean> delete(String name, boolean operator) {
        if ((operator ? operators : users).remove(name) == null) {
            return CompletableFuture.completedFuture(false);
        }
        host.applyPolicies();
        return store.delete(kind(operator), host.name(), name).thenApply(done -> true);
    }

    private static DefinitionStore.Kind kind(boolean operator) {
        return operator ? DefinitionStore.Kind.OPERATOR_POLICY : DefinitionStore.Kind.POLICY;
    }

    void known(Policy policy, boolean operator) {
        (operator ? operators : users).put(policy.name(), policy);
    }

    @Nullable Policy forQueue(QueueDefinition queue, boolean operator) {
        return best(operator, p -> p.applyTo().takes(queue.type()), queue.name());
    }

    @Nullable Policy forExchange(String name) {
        return best(false, p -> p.applyTo().takesExchanges(), name);
    }

    private @Nullable Policy best(boolean operator, Predicate<Policy> takes, String name) {
        return (operator ? operators : users)
                .values().stream()
                        .filter(policy -> takes.test(policy) && policy.fits(name))
                        .max(Comparator.comparingInt(Policy::priority))
                        .orElse(null);
    }
}
