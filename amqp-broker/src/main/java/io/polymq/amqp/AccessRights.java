package io.polymq.amqp;

import io.polymq.amqp.model.ModelException;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Resource;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one client may configure, write and read, remembered until the rules change. Connection
 * zone.
 */
public final class AccessRights {

    private static final int REMEMBERED = 1024;

    private record Question(Action action, Resource resource) {}

    private final Security security;
    private final Principal principal;
    private final Credentials.Peer peer;
    private final String host;
    private final String user;
    private final Map<Question, Boolean> known = new HashMap<>();
    private long generation;
    private @Nullable String lastExchange;
    private @Nullable String lastKey;

    public AccessRights(
            Security security,
            Principal principal,
            Credentials.Peer peer,
            String host,
            String user) {
        this.security = security;
        this.principal = principal;
        this.peer = peer;
        this.host = host;
        this.user = user;
        this.generation = security.generation();
    }

    /** Whether the user may use another's name in a message. */
    public boolean mayImpersonate() {
        return principal.groups().contains("impersonator");
    }

    public void configureQueue(String name) {
        require(Action.CREATE, Resource.Kind.QUEUE, name, "queue");
    }

    public void writeQueue(String name) {
        require(Action.WRITE, Resource.Kind.QUEUE, name, "queue");
    }

    public void readQueue(String name) {
        require(Action.READ, Resource.Kind.QUEUE, name, "queue");
    }

    public void configureExchange(String name) {
        require(Action.CREATE, Resource.Kind.EXCHANGE, name, "exchange");
    }

    public void readExchange(String name) {
        require(Action.READ, Resource.Kind.EXCHANGE, name, "exchange");
    }

    public void writeExchange(String name) {
        require(Action.WRITE, Resource.Kind.EXCHANGE, name, "exchange");
    }

    /**
     * @param topic whether the key is looked at as well
     */
    public void publish(String exchange, String key, boolean topic) {
        if (exchange.equals(lastExchange)
                && (!topic || key.equals(lastKey))
                && generation == security.generation()) {
            return;
        }
        writeExchange(exchange);
        if (topic) {
            topic(Action.WRITE, exchange, key);
        }
        lastExchange = exchange;
        lastKey = topic ? key : null;
    }

    public void bindTopic(String exchange, String key) {
        topic(Action.READ, exchange, key);
    }

    private void topic(Action action, String exchange, String key) {
        if (!allows(action, new Resource(Resource.Kind.ROUTING_KEY, key, exchange))) {
            throw new ModelException(
                    ModelException.Kind.ACCESS_REFUSED,
                    "access to topic '"
                            + key
                            + "' in exchange '"
                            + exchange
                            + "' in vhost '"
                            + host
                            + "' refused for user '"
                            + user
                            + "'");
        }
    }

    private void require(Action action, Resource.Kind kind, String name, String word) {
        String asked = name.isEmpty() && kind == Resource.Kind.EXCHANGE ? "amq.default" : name;
        if (!allows(action, new Resource(kind, asked))) {
            throw new ModelException(
                    ModelException.Kind.ACCESS_REFUSED,
                    "access to "
                            + word
                            + " '"
                            + asked
                            + "' in vhost '"
                            + host
                            + "' refused for user '"
                            + user
                            + "'");
        }
    }

    private boolean allows(Action action, Resource resource) {
        long now = security.generation();
        if (now != generation || known.size() >= REMEMBERED) {
            known.clear();
            lastExchange = null;
            generation = now;
        }
        return known.computeIfAbsent(
                new Question(action, resource),
                question -> security.allows(principal, peer, action, resource));
    }
}
