package io.polymq.amqp.model;

import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Resource.Kind;
import io.polymq.core.security.rules.NamePattern;
import io.polymq.core.security.rules.Rule;
import io.polymq.core.security.rules.RuleStore;
import io.polymq.core.security.rules.Who;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * RabbitMQ's permissions, three patterns for each user and host, kept as rules of the access
 * control that all protocols share. Any thread.
 */
public final class Permissions {

    private static final String PREFIX = "amqp:";
    private static final Set<Action> CONFIGURE = Set.of(Action.CREATE, Action.DELETE, Action.ALTER);
    private static final Set<Kind> NAMED = Set.of(Kind.QUEUE, Kind.EXCHANGE);

    private final RuleStore rules;

    public Permissions(RuleStore rules) {
        this.rules = rules;
    }

    /** What a user may do in a host, each a regular expression for names. */
    public record Permission(
            String user, String host, String configure, String write, String read) {}

    /** What a user may do with the routing keys of a topic exchange. */
    public record TopicPermission(
            String user, String host, String exchange, String write, String read) {}

    /**
     * @throws IllegalArgumentException when a pattern is no regular expression
     */
    public CompletableFuture<Void> put(Permission given) {
        String tenant = VirtualHosts.tenantOf(given.host());
        Who who = Who.user(given.user()).in(tenant);
        String id = id(given.user(), given.host());
        return rules.put(
                List.of(
                        Rule.allow(
                                id + "/tenant",
                                Who.user(given.user()),
                                Set.of(Action.READ),
                                Set.of(Kind.TENANT),
                                new NamePattern.Exact(tenant)),
                        Rule.allow(
                                id + "/configure",
                                who,
                                CONFIGURE,
                                NAMED,
                                new NamePattern.Regex(given.configure())),
                        Rule.allow(
                                id + "/write",
                                who,
                                Set.of(Action.WRITE),
                                NAMED,
                                new NamePattern.Regex(given.write())),
                        Rule.allow(
                                id + "/read",
                                who,
                                Set.of(Action.READ),
                                NAMED,
                                new NamePattern.Regex(given.read())),
                        Rule.allow(
                                id + "/keys",
                                who,
                                Set.of(Action.READ, Action.WRITE),
                                Set.of(Kind.ROUTING_KEY),
                                NamePattern.ANY)));
    }

    /** Whether there was one. */
    public CompletableFuture<Boolean> delete(String user, String host) {
        String id = id(user, host) + "/";
        return rules.delete(rule -> rule.id().startsWith(id)).thenApply(gone -> !gone.isEmpty());
    }

    /** Narrows the user's routing keys of one exchange: what does not fit is denied. */
    public CompletableFuture<Void> put(TopicPermission given) {
        Who who = Who.user(given.user()).in(VirtualHosts.tenantOf(given.host()));
        String id = id(given.user(), given.host()) + "/topic/" + code(given.exchange());
        return rules.put(
                List.of(
                        topic(id + "/write", who, Action.WRITE, given.write(), given.exchange()),
                        topic(id + "/read", who, Action.READ, given.read(), given.exchange())));
    }

    private static Rule topic(String id, Who who, Action action, String pattern, String exchange) {
        String others = "^(?!.*(?:" + pattern + "))";
        return Rule.deny(
                        id,
                        who,
                        Set.of(action),
                        Set.of(Kind.ROUTING_KEY),
                        new NamePattern.Regex(others))
                .within(exchange);
    }

    public CompletableFuture<Boolean> deleteTopics(String user, String host) {
        String id = id(user, host) + "/topic/";
        return rules.delete(rule -> rule.id().startsWith(id)).thenApply(gone -> !gone.isEmpty());
    }

    /** All of them, by user and host. */
    public List<Permission> all() {
        Map<String, Map<String, String>> found = new TreeMap<>();
        for (Rule rule : rules.all()) {
            String[] parts = rule.id().split("/", -1);
            if (rule.id().startsWith(PREFIX) && parts.length == 3) {
                found.computeIfAbsent(parts[0] + "/" + parts[1], absent -> new TreeMap<>())
                        .put(parts[2], rule.name().text());
            }
        }
        List<Permission> all = new ArrayList<>();
        found.forEach(
                (id, patterns) -> {
                    if (patterns.containsKey("configure")) {
                        String[] parts = id.substring(PREFIX.length()).split("/", -1);
                        all.add(
                                new Permission(
                                        uncode(parts[0]),
                                        uncode(parts[1]),
                                        patterns.getOrDefault("configure", ""),
                                        patterns.getOrDefault("write", ""),
                                        patterns.getOrDefault("read", "")));
                    }
                });
        return all;
    }

    /** All of them, by user, host and exchange. */
    public List<TopicPermission> allTopics() {
        Map<String, String[]> found = new TreeMap<>();
        for (Rule rule : rules.all()) {
            String[] parts = rule.id().split("/", -1);
            if (rule.id().startsWith(PREFIX) && parts.length == 5 && parts[2].equals("topic")) {
                String key = parts[0] + "/" + parts[1] + "/" + parts[3];
                String[] both = found.computeIfAbsent(key, absent -> new String[] {"", ""});
                String text = rule.name().text();
                both[parts[4].equals("write") ? 0 : 1] =
                        text.substring("^(?!.*(?:".length(), text.length() - "))".length());
            }
        }
        List<TopicPermission> all = new ArrayList<>();
        found.forEach(
                (id, both) -> {
                    String[] parts = id.substring(PREFIX.length()).split("/", -1);
                    all.add(
                            new TopicPermission(
                                    uncode(parts[0]),
                                    uncode(parts[1]),
                                    uncode(parts[2]),
                                    both[0],
                                    both[1]));
                });
        return all;
    }

    private static String id(String user, String host) {
        return PREFIX + code(user) + "/" + code(host);
    }

    private static String code(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8);
    }

    private static String uncode(String part) {
        return URLDecoder.decode(part, StandardCharsets.UTF_8);
    }
}
