package io.polymq.amqp.v1;

import io.polymq.amqp.AccessRights;
import io.polymq.amqp.AmqpBroker;
import io.polymq.amqp.AmqpSettings;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.amqp.model.VirtualHosts;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.ErrorInfo;
import io.polymq.amqp.v1.frame.FrameException;
import io.polymq.amqp.v1.frame.Frames;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.amqp.v1.message.Conversion;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.core.security.Principal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The opening of a connection: its virtual host, what was agreed on, what is offered; and what is
 * given back when it ends. Connection zone.
 */
final class Opening {

    private static final String HOST_PREFIX = "vhost:";

    /** Clients choose features by it; filter expressions came with 4.1, SQL filters with 4.2. */
    private static final String VERSION = "4.2.0";

    private static final String ALONE = "sole-connection-for-container";
    private static final List<String> OFFERED =
            List.of("ANONYMOUS-RELAY", "DELAYED_DELIVERY", "SHARED-SUBS", "LINK_PAIR_V1_0");
    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

    private final V1Connection connection;
    private final AmqpBroker broker;
    private final Containers containers;
    private Principal principal = Principal.ANONYMOUS;
    private Principal here = Principal.ANONYMOUS;
    private String user = "";
    private String containerId = "";
    private List<String> desired = List.of();
    private Map<String, @Nullable Object> properties = Map.of();
    private int frameMax = Frames.LEAST_MAX;
    private boolean answered;
    private @Nullable VirtualHost host;
    private @Nullable AccessRights rights;
    private Containers.@Nullable Container container;

    Opening(V1Connection connection, AmqpBroker broker, Containers containers) {
        this.connection = connection;
        this.broker = broker;
        this.containers = containers;
    }

    void authenticated(Principal who, String name) {
        principal = who;
        user = name;
    }

    /** Empty until the client has said it. */
    String containerId() {
        return containerId;
    }

    String user() {
        return user;
    }

    /** As the client gave them. */
    Map<String, @Nullable Object> properties() {
        return properties;
    }

    private Containers.Container container() {
        return opened(container);
    }

    VirtualHost host() {
        return opened(host);
    }

    AccessRights rights() {
        return opened(rights);
    }

    private static <T> T opened(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("the connection is not open");
        }
        return part;
    }

    /** The highest channel that the client may use. */
    int channelMax() {
        int most = broker.settings().channelMax();
        return most == 0 ? 65_535 : Math.min(most - 1, 65_535);
    }

    /** The largest frame that the client takes. */
    int frameMax() {
        return frameMax;
    }

    void open(Performative.Open open) {
        containerId = open.containerId();
        desired = open.desired();
        properties = Conversion.table(open.properties());
        if (open.maxFrameSize() < Frames.LEAST_MAX) {
            throw FrameException.connection(
                    Condition.INVALID_FIELD,
                    "max-frame-size is "
                            + open.maxFrameSize()
                            + " and must be "
                            + Frames.LEAST_MAX
                            + " at least");
        }
        frameMax = (int) Math.min(open.maxFrameSize(), broker.settings().frameMax());
        connection.await(
                broker.door().find(hostName(open), principal),
                (found, failure) -> {
                    if (found == null) {
                        throw FrameException.connection(
                                Condition.NOT_FOUND, "the virtual host cannot be opened");
                    }
                    enter(found, open);
                });
    }

    /** A client that names no virtual host is in the one of its own tenant. */
    private String hostName(Performative.Open open) {
        String asked = open.hostname();
        if (asked != null && asked.startsWith(HOST_PREFIX)) {
            return asked.substring(HOST_PREFIX.length());
        }
        return VirtualHosts.hostOf(principal.tenant());
    }

    private void enter(VirtualHost found, Performative.Open open) {
        Containers.Container mine = new Containers.Container(found.name(), user, containerId);
        if (desired.contains(ALONE) && !containers.claim(mine, connection)) {
            answer(true);
            connection.fail(
                    ErrorInfo.of(
                                    Condition.INVALID_FIELD,
                                    "another connection has the container '" + containerId + "'")
                            .with("invalid-field", new Symbol("container-id")));
            return;
        }
        container = mine;
        here = broker.door().enter(found, connection.network(), principal, connection.peer(), user);
        host = found;
        rights = new AccessRights(broker.security(), here, connection.peer(), found.name(), user);
        answer(false);
        connection.opened(broker.settings().heartbeat().toMillis(), open.idleTimeOut());
    }

    /**
     * Opens the server's end, once.
     *
     * @param failed whether a close with an error follows
     */
    void answer(boolean failed) {
        if (answered) {
            return;
        }
        answered = true;
        AmqpSettings settings = broker.settings();
        List<String> offered = new ArrayList<>(OFFERED);
        if (desired.contains(ALONE)) {
            offered.add(ALONE);
        }
        Map<Symbol, @Nullable Object> properties = new LinkedHashMap<>();
        if (failed) {
            properties.put(new Symbol("amqp:connection-establishment-failed"), true);
        } else {
            properties.put(new Symbol("product"), AmqpSettings.PRODUCT);
            properties.put(new Symbol("version"), VERSION);
            properties.put(new Symbol("cluster_name"), settings.clusterName());
            properties.put(new Symbol("node"), settings.clusterName());
            properties.put(new Symbol("platform"), "PolyMQ on Java " + Runtime.version().feature());
        }
        connection.send(
                0,
                new Performative.Open(
                        settings.clusterName(),
                        null,
                        settings.frameMax(),
                        channelMax(),
                        settings.heartbeat().toMillis(),
                        failed ? List.of() : offered,
                        List.of(),
                        properties));
    }

    /** The container's link of that name, wherever it is attached; null when it is not. */
    @Nullable Link find(String name, boolean incoming) {
        return containers.find(container(), name, incoming);
    }

    void attached(Link link) {
        containers.attached(container(), link);
    }

    /** A link of the container is attached no longer. */
    void forget(Link link) {
        Containers.Container known = container;
        if (known != null) {
            containers.detached(known, link);
        }
    }

    /** The connection has ended: what was its own goes; again that does nothing. */
    CompletableFuture<Void> left() {
        Containers.Container known = container;
        container = null;
        if (known != null) {
            containers.leave(known, connection);
        }
        VirtualHost entered = host;
        if (entered == null) {
            return DONE;
        }
        host = null;
        broker.door().leave(entered, connection.network(), here);
        return entered.queues().deleteOwned(connection.id());
    }
}
