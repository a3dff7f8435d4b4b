package io.polymq.amqp.model;

import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * An exchange as it lives: its bindings, how it matches, where what it cannot route goes. Shared;
 * changed under its host's lock.
 */
public final class Exchange implements Destination {

    private static final int KNOWN_ROUTES = 16_384;

    private final VirtualHost host;
    private final ExchangeSpec spec;
    private final Matcher matcher;
    private final @Nullable History history;
    private final Map<Binding, Bound> bindings = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Route> routes = new ConcurrentHashMap<>();
    private volatile @Nullable String alternate;
    private volatile @Nullable String policy;

    Exchange(VirtualHost host, ExchangeSpec spec, Matcher matcher, @Nullable History history) {
        this.host = host;
        this.spec = spec;
        this.matcher = matcher;
        this.history = history;
    }

    public VirtualHost host() {
        return host;
    }

    public ExchangeSpec spec() {
        return spec;
    }

    @Override
    public String name() {
        return spec.name();
    }

    /** Bindings of which this is the source. */
    public Collection<Binding> bindings() {
        return Collections.unmodifiableSet(bindings.keySet());
    }

    /** The name of the policy that applies; null for none. */
    public @Nullable String policy() {
        return policy;
    }

    /** Whether the whole tenant's subjects are meant: what MQTT and NATS clients see. */
    boolean isSubjectSpace() {
        return spec.name().equals(VirtualHost.AMQ_TOPIC);
    }

    boolean isDelayed() {
        return spec.type() == ExchangeType.DELAYED_MESSAGE;
    }

    Matcher matcher() {
        return matcher;
    }

    @Nullable History history() {
        return history;
    }

    @Nullable String alternate() {
        return alternate;
    }

    void settings(@Nullable String alternateExchange, @Nullable String policyName) {
        alternate = alternateExchange;
        policy = policyName;
    }

    @Nullable Bound find(Binding binding) {
        return bindings.get(binding);
    }

    void add(Bound bound) {
        matcher.add(bound);
        bindings.put(bound.binding(), bound);
    }

    @Nullable Bound remove(Binding binding) {
        Bound bound = bindings.remove(binding);
        if (bound != null) {
            matcher.remove(bound);
        }
        return bound;
    }

    boolean hasBindings() {
        return !bindings.isEmpty();
    }

    /** What was found for this key before; null when it must be looked for. */
    @Nullable Route known(String key) {
        Route route = routes.get(key);
        return route != null && route.generation() == host.generation() ? route : null;
    }

    void remember(String key, Route route) {
        if (routes.size() >= KNOWN_ROUTES) {
            routes.clear();
        }
        routes.put(key, route);
    }
}
