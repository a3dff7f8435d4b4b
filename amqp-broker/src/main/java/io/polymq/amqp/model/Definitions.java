package io.polymq.amqp.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.security.users.PasswordHash;
import io.polymq.core.security.users.User;
import io.polymq.core.security.users.UserStore;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is defined, as RabbitMQ writes it into its definition files: users with their
 * password hashes, hosts, permissions, policies, limits, exchanges, queues, bindings. What is read
 * is added to what is there; a queue or exchange of the same name stays as it is. Any thread.
 */
public final class Definitions {

    private static final String SHA256 = "rabbit_password_hashing_sha256";
    private static final String SHA512 = "rabbit_password_hashing_sha512";
    private static final String OWN = "polymq_password_hashing";
    private static final String ADMINISTRATOR = "administrator";

    private final VirtualHosts hosts;
    private final UserStore users;
    private final Permissions permissions;
    private final ObjectMapper json = new ObjectMapper();

    public Definitions(VirtualHosts hosts, UserStore users, Permissions permissions) {
        this.hosts = hosts;
        this.users = users;
        this.permissions = permissions;
    }

    // Export.

    /** Of all hosts, with users and permissions. */
    public ObjectNode export() {
        ObjectNode root = json.createObjectNode();
        root.put("rabbit_version", "4.0.5");
        root.put("rabbitmq_version", "4.0.5");
        root.put("product_name", "PolyMQ");
        ArrayNode people = root.putArray("users");
        users.all().stream()
                .filter(user -> !(user.password() instanceof PasswordHash.InMemory))
                .forEach(user -> people.add(user(user)));
        ArrayNode vhosts = root.putArray("vhosts");
        hosts.all().forEach(host -> vhosts.add(host(host)));
        ArrayNode allowed = root.putArray("permissions");
        permissions.all().forEach(one -> allowed.add(permission(one)));
        ArrayNode topics = root.putArray("topic_permissions");
        permissions.allTopics().forEach(one -> topics.add(permission(one)));
        ArrayNode globals = root.putArray("global_parameters");
        hosts.globalParameters()
                .all()
                .forEach(
                        (name, value) -> globals.addObject().put("name", name).set("value", value));
        for (String list : List.of("parameters", "policies", "queues", "exchanges", "bindings")) {
            root.putArray(list);
        }
        hosts.all().forEach(host -> topology(host, root, true));
        return root;
    }

    /** Of one host, without its name. */
    public ObjectNode export(VirtualHost host) {
        ObjectNode root = json.createObjectNode();
        root.put("rabbit_version", "4.0.5");
        root.put("rabbitmq_version", "4.0.5");
        for (String list : List.of("parameters", "policies", "queues", "exchanges", "bindings")) {
            root.putArray(list);
        }
        topology(host, root, false);
        return root;
    }

    /** A user, as lists and files have it. */
    public ObjectNode user(User user) {
        ObjectNode node = json.createObjectNode();
        node.put("name", user.name());
        PasswordHash hash = user.password();
        // What stands in the configuration is shown without its password, and not exported.
        String encoded =
                hash == null || hash instanceof PasswordHash.InMemory ? "" : hash.encoded();
        if (encoded.startsWith("$rabbit-sha256$")) {
            node.put("password_hash", encoded.substring("$rabbit-sha256$".length()));
            node.put("hashing_algorithm", SHA256);
        } else if (encoded.startsWith("$rabbit-sha512$")) {
            node.put("password_hash", encoded.substring("$rabbit-sha512$".length()));
            node.put("hashing_algorithm", SHA512);
        } else {
            node.put("password_hash", encoded);
            node.put("hashing_algorithm", OWN);
        }
        ArrayNode tags = node.putArray("tags");
        if (user.admin()) {
            tags.add(ADMINISTRATOR);
        }
        user.groups().stream().sorted().filter(g -> !g.equals(ADMINISTRATOR)).forEach(tags::add);
        ObjectNode limits = node.putObject("limits");
        UserLimits.Limits known = hosts.userLimits().of(user.name());
        if (known.maxConnections() >= 0) {
            limits.put("max-connections", known.maxConnections());
        }
        if (known.maxChannels() >= 0) {
            limits.put("max-channels", known.maxChannels());
        }
        return node;
    }

    private ObjectNode host(VirtualHost host) {
        ObjectNode node = json.createObjectNode();
        node.put("name", host.name());
        node.put("description", host.limits().description());
        node.putArray("tags");
        if (!host.limits().defaultQueueType().isEmpty()) {
            node.put("default_queue_type", host.limits().defaultQueueType());
        }
        return node;
    }

    private ObjectNode permission(Permissions.Permission one) {
        return json.createObjectNode()
                .put("user", one.user())
                .put("vhost", one.host())
                .put("configure", one.configure())
                .put("write", one.write())
                .put("read", one.read());
    }

    private ObjectNode permission(Permissions.TopicPermission one) {
        return json.createObjectNode()
                .put("user", one.user())
                .put("vhost", one.host())
                .put("exchange", one.exchange())
                .put("write", one.write())
                .put("read", one.read());
    }

    private void topology(VirtualHost host, ObjectNode root, boolean named) {
        Function<String, ObjectNode> add =
                list -> {
                    ObjectNode node = root.withArray("/" + list).addObject();
                    if (named) {
                        node.put("vhost", host.name());
                    }
                    return node;
                };
        limits(host, add);
        host.policies().all().forEach(policy -> policy(policy, add.apply("policies")));
        for (Policy policy : host.policies().ofOperator()) {
            ObjectNode parameter = add.apply("parameters");
            parameter.put("component", "operator_policy").put("name", policy.name());
            policy(policy, parameter.putObject("value")).remove("name");
        }
        for (AmqpQueue queue : host.queues().all()) {
            QueueDefinition definition = queue.definition();
            if (definition.durable() && !definition.exclusive()) {
                add.apply("queues")
                        .put("name", definition.name())
                        .put("durable", true)
                        .put("auto_delete", definition.autoDelete())
                        .set("arguments", json.valueToTree(definition.arguments().values()));
            }
        }
        for (Exchange exchange : host.exchanges()) {
            ExchangeSpec spec = exchange.spec();
            if (spec.durable() && !spec.name().isEmpty() && !spec.name().startsWith("amq.")) {
                add.apply("exchanges")
                        .put("name", spec.name())
                        .put("type", spec.type().word())
                        .put("durable", true)
                        .put("auto_delete", spec.autoDelete())
                        .put("internal", spec.internal())
                        .set("arguments", json.valueToTree(spec.arguments().values()));
            }
        }
        for (Binding binding : host.bindings()) {
            if (host.isDurable(binding)) {
                add.apply("bindings")
                        .put("source", binding.source())
                        .put("destination", binding.destination())
                        .put("destination_type", binding.toExchange() ? "exchange" : "queue")
                        .put("routing_key", binding.key())
                        .set("arguments", json.valueToTree(binding.arguments().values()));
            }
        }
    }

    private void limits(VirtualHost host, Function<String, ObjectNode> add) {
        HostLimits limits = host.limits();
        if (limits.maxConnections() < 0 && limits.maxQueues() < 0) {
            return;
        }
        ObjectNode value =
                add.apply("parameters")
                        .put("component", "vhost-limits")
                        .put("name", "limits")
                        .putObject("value");
        if (limits.maxConnections() >= 0) {
            value.put("max-connections", limits.maxConnections());
        }
        if (limits.maxQueues() >= 0) {
            value.put("max-queues", limits.maxQueues());
        }
    }

    private ObjectNode policy(Policy policy, ObjectNode into) {
        into.put("name", policy.name())
                .put("pattern", policy.pattern())
                .put("apply-to", policy.applyTo().word())
                .put("priority", policy.priority())
                .set("definition", json.valueToTree(policy.definition()));
        return into;
    }

    // Import.

    /**
     * Adds what a definition file defines; completes when all of it is safe.
     *
     * @param into where definitions without a host of their own go; null: they must name one
     */
    public CompletableFuture<Void> importAll(JsonNode root, @Nullable VirtualHost into) {
        return each(root, "vhosts", this::addHost)
                .thenCompose(done -> each(root, "users", this::addUser))
                .thenCompose(done -> each(root, "permissions", this::addPermission))
                .thenCompose(done -> each(root, "topic_permissions", this::addTopicPermission))
                .thenCompose(done -> each(root, "global_parameters", this::addGlobal))
                .thenCompose(done -> each(root, "parameters", node -> addParameter(node, into)))
                .thenCompose(done -> each(root, "policies", node -> addPolicy(node, into)))
                .thenCompose(done -> each(root, "exchanges", node -> addExchange(node, into)))
                .thenCompose(done -> each(root, "queues", node -> addQueue(node, into)))
                .thenCompose(done -> each(root, "bindings", node -> addBinding(node, into)));
    }

    private static CompletableFuture<Void> each(
            JsonNode root, String list, Function<JsonNode, CompletableFuture<?>> add) {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        for (JsonNode node : root.path(list)) {
            try {
                done.add(add.apply(node).thenApply(nothing -> null));
            } catch (RuntimeException refused) {
                done.add(CompletableFuture.failedFuture(refused));
            }
        }
        return VirtualHost.all(done);
    }

    private CompletableFuture<?> addHost(JsonNode node) {
        String name = text(node, "name");
        VirtualHost there = hosts.find(name);
        HostLimits before = there == null ? HostLimits.NONE : there.limits();
        String type =
                node.path("default_queue_type")
                        .asText(node.path("metadata").path("default_queue_type").asText(""));
        return hosts.put(
                name,
                new HostLimits(
                        node.path("description").asText(before.description()),
                        before.maxConnections(),
                        before.maxQueues(),
                        type.equals("undefined") ? "" : type));
    }

    private CompletableFuture<?> addUser(JsonNode node) {
        String name = text(node, "name");
        JsonNode limits = node.path("limits");
        return users.put(user(name, node))
                .thenCompose(
                        done ->
                                hosts.userLimits()
                                        .put(
                                                name,
                                                new UserLimits.Limits(
                                                        limits.path("max-connections").asInt(-1),
                                                        limits.path("max-channels").asInt(-1))));
    }

    /**
     * What a file says of a user.
     *
     * @throws IllegalArgumentException when the password's hash is not understood
     */
    public User user(String name, JsonNode node) {
        Set<String> tags = new HashSet<>();
        JsonNode given = node.path("tags");
        if (given.isArray()) {
            given.forEach(tag -> tags.add(tag.asText()));
        } else {
            for (String tag : given.asText("").split(",", -1)) {
                if (!tag.isBlank()) {
                    tags.add(tag.trim());
                }
            }
        }
        boolean admin = tags.remove(ADMINISTRATOR);
        String hash = node.path("password_hash").asText("");
        String prefix =
                switch (node.path("hashing_algorithm").asText(SHA256)) {
                    case SHA256 -> "$rabbit-sha256$";
                    case SHA512 -> "$rabbit-sha512$";
                    case OWN -> "";
                    default ->
                            throw new IllegalArgumentException(
                                    "the hashing algorithm "
                                            + node.path("hashing_algorithm").asText()
                                            + " is not understood");
                };
        User user = User.named(name).withGroups(tags).asAdmin(admin);
        return hash.isEmpty() ? user : user.with(PasswordHash.parse(prefix + hash), Map.of());
    }

    private CompletableFuture<?> addPermission(JsonNode node) {
        return permissions.put(
                new Permissions.Permission(
                        text(node, "user"),
                        text(node, "vhost"),
                        text(node, "configure"),
                        text(node, "write"),
                        text(node, "read")));
    }

    private CompletableFuture<?> addTopicPermission(JsonNode node) {
        return permissions.put(
                new Permissions.TopicPermission(
                        text(node, "user"),
                        text(node, "vhost"),
                        text(node, "exchange"),
                        text(node, "write"),
                        text(node, "read")));
    }

    private VirtualHost hostOf(JsonNode node, @Nullable VirtualHost into) {
        if (into != null) {
            return into;
        }
        String name = text(node, "vhost");
        VirtualHost host = hosts.find(name);
        if (host == null) {
            throw new ModelException(
                    ModelException.Kind.NOT_FOUND, "there is no virtual host '" + name + "'");
        }
        return host;
    }

    private CompletableFuture<?> addGlobal(JsonNode node) {
        return hosts.globalParameters().put(text(node, "name"), node.path("value"));
    }

    private CompletableFuture<?> addParameter(JsonNode node, @Nullable VirtualHost into) {
        VirtualHost host = hostOf(node, into);
        JsonNode value = node.path("value");
        return switch (node.path("component").asText()) {
            case "operator_policy" -> host.policies().put(policy(text(node, "name"), value), true);
            case "vhost-limits" ->
                    hosts.put(
                            host.name(),
                            new HostLimits(
                                    host.limits().description(),
                                    value.path("max-connections").asInt(-1),
                                    value.path("max-queues").asInt(-1),
                                    host.limits().defaultQueueType()));
            default -> CompletableFuture.completedFuture(null);
        };
    }

    private CompletableFuture<?> addPolicy(JsonNode node, @Nullable VirtualHost into) {
        return hostOf(node, into).policies().put(policy(text(node, "name"), node), false);
    }

    private Policy policy(String name, JsonNode node) {
        Map<String, Object> definition = new LinkedHashMap<>();
        arguments(node.path("definition"))
                .values()
                .forEach(
                        (key, value) -> {
                            if (value != null) {
                                definition.put(key, value);
                            }
                        });
        return Policy.of(
                name,
                text(node, "pattern"),
                Policy.ApplyTo.of(node.path("apply-to").asText("all")),
                node.path("priority").asInt(),
                definition);
    }

    private CompletableFuture<?> addExchange(JsonNode node, @Nullable VirtualHost into) {
        ExchangeType type = ExchangeType.of(text(node, "type"));
        if (type == null) {
            throw new ModelException(
                    ModelException.Kind.COMMAND_INVALID,
                    "unknown exchange type '" + text(node, "type") + "'");
        }
        VirtualHost host = hostOf(node, into);
        if (host.exchange(text(node, "name")) != null) {
            return CompletableFuture.completedFuture(null);
        }
        return host.declare(
                new ExchangeSpec(
                        text(node, "name"),
                        type,
                        node.path("durable").asBoolean(true),
                        node.path("auto_delete").asBoolean(),
                        node.path("internal").asBoolean(),
                        arguments(node.path("arguments"))));
    }

    private CompletableFuture<?> addQueue(JsonNode node, @Nullable VirtualHost into) {
        HostQueues queues = hostOf(node, into).queues();
        String name = text(node, "name");
        if (queues.find(name) != null) {
            return CompletableFuture.completedFuture(null);
        }
        Arguments arguments = arguments(node.path("arguments"));
        String type = node.path("type").asText("");
        if (!type.isEmpty() && !arguments.has(QueueArguments.TYPE)) {
            arguments = arguments.with(QueueArguments.TYPE, type);
        }
        return queues.declare(
                queues.definition(
                        name,
                        node.path("durable").asBoolean(true),
                        false,
                        node.path("auto_delete").asBoolean(),
                        arguments),
                0,
                true);
    }

    private CompletableFuture<?> addBinding(JsonNode node, @Nullable VirtualHost into) {
        return hostOf(node, into)
                .bind(
                        new Binding(
                                text(node, "source"),
                                text(node, "destination"),
                                text(node, "destination_type").equals("exchange"),
                                node.path("routing_key").asText(""),
                                arguments(node.path("arguments"))),
                        0);
    }

    private Arguments arguments(JsonNode node) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        if (node.isObject()) {
            Map<?, ?> map = json.convertValue(node, Map.class);
            map.forEach((name, value) -> values.put(String.valueOf(name), value));
        }
        return Arguments.of(values);
    }

    private static String text(JsonNode node, String name) {
        JsonNode value = node.path(name);
        if (!value.isTextual()) {
            throw new IllegalArgumentException("a definition lacks '" + name + "': " + node);
        }
        return value.asText();
    }
}
