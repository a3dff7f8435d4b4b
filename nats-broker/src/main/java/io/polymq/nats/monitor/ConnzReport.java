package io.polymq.nats.monitor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Connections, open or ended: chosen, sorted and paged as asked. Any thread. */
final class ConnzReport {

    private static final int DEFAULT_LIMIT = 1024;

    private final ServerFacts facts;
    private final ObjectMapper json;
    private final InstantSource clock;

    ConnzReport(ServerFacts facts, ObjectMapper json, InstantSource clock) {
        this.facts = facts;
        this.json = json;
        this.clock = clock;
    }

    ObjectNode report(JsonNode options) {
        String state = state(options.path("state"));
        List<ConnectionFacts> chosen = new ArrayList<>();
        if (!state.equals("closed")) {
            chosen.addAll(facts.open());
        }
        if (!state.equals("open")) {
            chosen.addAll(facts.closed());
        }
        chosen.removeIf(one -> !isAsked(one, options));
        chosen.sort(order(options.path("sort").asText("cid"), state));
        int offset = Math.max(0, options.path("offset").asInt());
        int asked = options.path("limit").asInt();
        int limit = asked <= 0 ? DEFAULT_LIMIT : asked;
        ObjectNode report = json.createObjectNode();
        report.put("server_id", facts.identity().serverId());
        report.put("now", clock.instant().toString());
        List<ConnectionFacts> page = chosen.stream().skip(offset).limit(limit).toList();
        report.put("num_connections", page.size());
        report.put("total", chosen.size());
        report.put("offset", offset);
        report.put("limit", limit);
        ArrayNode list = report.putArray("connections");
        page.forEach(one -> list.add(connection(one, options)));
        return report;
    }

    private static String state(JsonNode asked) {
        if (asked.isNumber()) {
            return switch (asked.intValue()) {
                case 1 -> "closed";
                case 2 -> "any";
                default -> "open";
            };
        }
        String text = asked.asText("open").toLowerCase(Locale.ROOT);
        return switch (text) {
            case "", "open" -> "open";
            case "closed" -> "closed";
            case "any", "all" -> "any";
            default ->
                    throw new IllegalArgumentException("Error decoding state for /connz: " + text);
        };
    }

    private static boolean isAsked(ConnectionFacts one, JsonNode options) {
        long id = options.path("cid").asLong();
        String account = options.path("acc").asText(options.path("account").asText(""));
        String user = options.path("user").asText("");
        String subject = options.path("filter_subject").asText("");
        return (id == 0 || one.id() == id)
                && (account.isEmpty() || one.client().account().equals(account))
                && (user.isEmpty() || one.client().user().equals(user))
                && (subject.isEmpty()
                        || one.subscriptions().stream()
                                .anyMatch(sub -> matches(sub.subject(), subject)));
    }

    /** Whether a subscription's filter matches what is asked for, itself a subject or a filter. */
    static boolean matches(String filter, String asked) {
        try {
            return Dialect.NATS.parse(filter).matches(Subject.ofDotted(asked))
                    || Dialect.NATS.parse(asked).overlaps(Dialect.NATS.parse(filter));
        } catch (InvalidSubjectException e) {
            return false;
        }
    }

    private static Comparator<ConnectionFacts> order(String name, String state) {
        Comparator<ConnectionFacts> byId = Comparator.comparingLong(ConnectionFacts::id);
        Comparator<ConnectionFacts> order =
                switch (name) {
                    case "", "cid" -> byId;
                    case "start" -> Comparator.comparingLong(one -> one.times().start());
                    case "subs" -> falling(one -> one.subscriptions().size());
                    case "pending" -> falling(ConnectionFacts::pendingBytes);
                    case "msgs_to" -> falling(one -> one.traffic().outMessages());
                    case "msgs_from" -> falling(one -> one.traffic().inMessages());
                    case "bytes_to" -> falling(one -> one.traffic().outBytes());
                    case "bytes_from" -> falling(one -> one.traffic().inBytes());
                    case "last" -> falling(one -> one.times().lastActivity());
                    case "idle" -> Comparator.comparingLong(one -> one.times().lastActivity());
                    case "uptime" -> Comparator.comparingLong(one -> one.times().start());
                    case "rtt" -> falling(one -> one.times().roundTripNanos());
                    case "stop", "reason" -> ended(name, state);
                    default ->
                            throw new IllegalArgumentException("Invalid sorting option: " + name);
                };
        return order.thenComparing(byId);
    }

    private static Comparator<ConnectionFacts> falling(
            java.util.function.ToLongFunction<ConnectionFacts> of) {
        return Comparator.comparingLong(of).reversed();
    }

    private static Comparator<ConnectionFacts> ended(String name, String state) {
        if (state.equals("open")) {
            throw new IllegalArgumentException(
                    "Sort by " + name + " only valid on closed connections");
        }
        return name.equals("stop")
                ? falling(one -> one.ending() == null ? 0 : one.ending().stop())
                : Comparator.comparing(one -> one.ending() == null ? "" : one.ending().reason());
    }

    private ObjectNode connection(ConnectionFacts one, JsonNode options) {
        ObjectNode node = json.createObjectNode();
        long now = clock.millis();
        ConnectionFacts.Ending ending = one.ending();
        long until = ending == null ? now : ending.stop();
        node.put("cid", one.id());
        node.put("kind", "Client");
        node.put("type", one.type());
        node.put("ip", one.address().ip());
        node.put("port", one.address().port());
        node.put("start", Instant.ofEpochMilli(one.times().start()).toString());
        node.put("last_activity", Instant.ofEpochMilli(one.times().lastActivity()).toString());
        if (ending != null) {
            node.put("stop", Instant.ofEpochMilli(ending.stop()).toString());
            node.put("reason", ending.reason());
        }
        if (one.times().roundTripNanos() > 0) {
            node.put("rtt", rounded(one.times().roundTripNanos()));
        }
        node.put("uptime", Reports.lasting(Duration.ofMillis(until - one.times().start())));
        node.put(
                "idle",
                Reports.lasting(
                        Duration.ofMillis(Math.max(0, until - one.times().lastActivity()))));
        node.put("pending_bytes", one.pendingBytes());
        node.put("in_msgs", one.traffic().inMessages());
        node.put("out_msgs", one.traffic().outMessages());
        node.put("in_bytes", one.traffic().inBytes());
        node.put("out_bytes", one.traffic().outBytes());
        node.put("subscriptions", one.subscriptions().size());
        ConnectionFacts.Client client = one.client();
        putUnlessEmpty(node, "name", client.name());
        putUnlessEmpty(node, "lang", client.language());
        putUnlessEmpty(node, "version", client.version());
        if (options.path("auth").asBoolean()) {
            putUnlessEmpty(node, "authorized_user", client.user());
            putUnlessEmpty(node, "account", client.account());
            putUnlessEmpty(node, "jwt", client.jwt() == null ? "" : client.jwt());
            putUnlessEmpty(
                    node, "issuer_key", client.issuerKey() == null ? "" : client.issuerKey());
            putUnlessEmpty(node, "name_tag", client.nameTag() == null ? "" : client.nameTag());
        }
        subscriptions(node, one, options);
        return node;
    }

    private void subscriptions(ObjectNode node, ConnectionFacts one, JsonNode options) {
        boolean detail =
                options.path("subscriptions_detail").asBoolean()
                        || options.path("subs").asText().equals("detail");
        boolean plain =
                options.path("subscriptions").asBoolean() || options.path("subs").asBoolean();
        if (one.subscriptions().isEmpty()) {
            return;
        }
        if (detail) {
            ArrayNode list = node.putArray("subscriptions_list_detail");
            one.subscriptions().forEach(sub -> list.add(detail(sub)));
        } else if (plain) {
            ArrayNode list = node.putArray("subscriptions_list");
            one.subscriptions().forEach(sub -> list.add(sub.subject()));
        }
    }

    ObjectNode detail(ConnectionFacts.SubscriptionFacts one) {
        ObjectNode node = json.createObjectNode();
        putUnlessEmpty(node, "account", one.account());
        node.put("subject", one.subject());
        putUnlessEmpty(node, "qgroup", one.queue() == null ? "" : one.queue());
        node.put("sid", one.sid());
        node.put("msgs", one.messages());
        if (one.max() > 0) {
            node.put("max", one.max());
        }
        node.put("cid", one.connection());
        return node;
    }

    private static void putUnlessEmpty(ObjectNode node, String key, String value) {
        if (!value.isEmpty()) {
            node.put(key, value);
        }
    }

    private static String rounded(long nanos) {
        return nanos < 1_000_000 ? nanos / 1_000 + "\u00b5s" : nanos / 1_000 / 1_000.0 + "ms";
    }
}
