package io.polymq.nats.monitor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.message.HeaderCodec;
import io.polymq.core.message.Message;
import io.polymq.core.router.RouteCache;
import io.polymq.core.router.Router;
import io.polymq.core.router.Sink;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import io.polymq.nats.account.Account;
import io.polymq.nats.account.NatsUser;
import io.polymq.nats.account.Traffic;
import io.polymq.nats.options.PermissionOptions;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests and events of the system account. Requests are taken on the publisher's thread and
 * answered on this service's own; when more than a thousand wait, further ones are dropped.
 */
public final class SystemService implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SystemService.class);
    private static final int WAITING = 1_000;
    private static final String SERVER = "$SYS.REQ.SERVER.";
    private static final String ACCOUNT = "$SYS.REQ.ACCOUNT.";

    private final Reports reports;
    private final ObjectMapper json;
    private final HeaderCodec codec;
    private final LongFunction<@Nullable NatsUser> users;
    private final RouteCache routes;
    private final AtomicLong sequence = new AtomicLong();
    private final ThreadPoolExecutor thread;

    /**
     * @param codec marks what is published as NATS's own
     * @param users who a connection is
     */
    public SystemService(
            Reports reports,
            Router router,
            HeaderCodec codec,
            LongFunction<@Nullable NatsUser> users) {
        this.reports = reports;
        this.json = reports.json();
        this.codec = codec;
        this.users = users;
        this.routes = router.newCache(256);
        this.thread =
                new ThreadPoolExecutor(
                        1,
                        1,
                        10,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(WAITING),
                        Thread.ofPlatform().name("nats-system").daemon().factory(),
                        new ThreadPoolExecutor.DiscardPolicy());
        thread.allowCoreThreadTimeOut(true);
    }

    /** Takes the requests of the system account. */
    public void serveSystem(Account system) {
        subscribe(system, SERVER + '>', this::serverRequest);
        subscribe(system, ACCOUNT + '>', this::accountRequest);
    }

    /** Takes the requests that any account may make about itself. */
    public void serveAccount(Account account) {
        subscribe(account, "$SYS.REQ.USER.INFO", this::userInfo);
        if (!reports.facts().accounts().isSystem(account)) {
            subscribe(account, ACCOUNT + "PING.*", this::ownAccount);
            subscribe(account, SERVER + "PING.CONNZ", this::ownConnections);
        }
    }

    /** A request while it waits. */
    private record Request(
            Account account,
            String subject,
            JsonNode body,
            Subject reply,
            @Nullable NatsUser user) {

        String last() {
            return subject.substring(subject.lastIndexOf('.') + 1);
        }
    }

    /** Answers one. */
    private interface Handler {
        void answer(Request request);
    }

    private void subscribe(Account account, String filter, Handler handler) {
        Sink sink = message -> take(account, message, handler);
        account.space().subscribe(filter(filter), null, false, sink);
    }

    private static Filter filter(String text) {
        try {
            return Dialect.NATS.parse(text);
        } catch (InvalidSubjectException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private boolean take(Account account, Message message, Handler handler) {
        Subject reply = message.answerTo();
        if (reply == null) {
            reply = Subject.EMPTY;
        }
        int from = message.payloadOffset();
        byte[] payload =
                Arrays.copyOfRange(message.payload(), from, from + message.payloadLength());
        String subject = message.subject().toString();
        Subject to = reply;
        NatsUser user = users.apply(message.publisher());
        thread.execute(
                () -> {
                    try {
                        handler.answer(new Request(account, subject, parsed(payload), to, user));
                    } catch (RuntimeException failed) {
                        LOG.error("a system request could not be answered", failed);
                    }
                });
        return true;
    }

    private JsonNode parsed(byte[] payload) {
        if (payload.length == 0) {
            return json.createObjectNode();
        }
        try {
            JsonNode body = json.readTree(payload);
            return body == null ? json.createObjectNode() : body;
        } catch (IOException notJson) {
            return json.nullNode();
        }
    }

    // Requests about the server.

    private void serverRequest(Request request) {
        String rest = request.subject().substring(SERVER.length());
        String[] levels = rest.split("\\.", -1);
        boolean ping = levels[0].equals("PING");
        if (!ping && !levels[0].equals(reports.facts().identity().serverId())) {
            return;
        }
        if (!isMeant(request.body())) {
            return;
        }
        if (levels.length == 1 || levels[1].equals("STATSZ")) {
            ObjectNode answer = json.createObjectNode();
            answer.set("server", server());
            answer.set("statsz", reports.statsz());
            publish(request.account(), request.reply(), answer, null);
            return;
        }
        if (!ping && command(levels[1], request)) {
            return;
        }
        reportTo(request, levels[1].toLowerCase(Locale.ROOT), request.body());
    }

    /** Filters of a ping: name, host, id, cluster, domain. */
    private boolean isMeant(JsonNode body) {
        ServerFacts.Identity identity = reports.facts().identity();
        String name = body.path("server_name").asText("");
        String id = body.path("id").asText("");
        return (name.isEmpty() || identity.serverName().contains(name))
                && (id.isEmpty() || identity.serverId().equals(id))
                && body.path("cluster").asText("").isEmpty()
                && body.path("host").asText(identity.host()).equals(identity.host());
    }

    private boolean command(String name, Request request) {
        long cid = request.body().path("cid").asLong();
        switch (name) {
            case "KICK" -> done(request, reports.facts().kick(cid), "no such client id");
            case "LDM" -> done(request, reports.facts().lameDuck(cid), "no such client id");
            case "RELOAD" -> {
                String failure = reports.facts().reload();
                done(request, failure == null, String.valueOf(failure));
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private void done(Request request, boolean well, String otherwise) {
        ObjectNode answer = json.createObjectNode();
        answer.set("server", server());
        if (!well) {
            answer.putObject("error").put("code", 404).put("description", otherwise);
        }
        publish(request.account(), request.reply(), answer, null);
    }

    private void reportTo(Request request, String name, JsonNode options) {
        ObjectNode answer = json.createObjectNode();
        answer.set("server", server());
        if (options.isNull()) {
            answer.putObject("error").put("code", 400).put("description", "invalid JSON");
        } else {
            try {
                ObjectNode report = reports.report(name, options);
                if (report == null) {
                    return;
                }
                answer.set("data", report);
            } catch (IllegalArgumentException wrong) {
                answer.putObject("error").put("code", 400).put("description", wrong.getMessage());
            }
        }
        publish(request.account(), request.reply(), answer, null);
    }

    // Requests about accounts.

    private void accountRequest(Request request) {
        String rest = request.subject().substring(ACCOUNT.length());
        int dot = rest.lastIndexOf('.');
        if (dot <= 0) {
            return;
        }
        String name = rest.substring(0, dot);
        if (name.equals("PING")) {
            pingAccounts(request);
            return;
        }
        Account account = reports.facts().accounts().get(name);
        if (account != null) {
            accountReport(request, account, request.last());
        }
    }

    private void pingAccounts(Request request) {
        if (request.last().equals("STATZ")) {
            reportTo(request, "accstatz", request.body());
        } else {
            reportTo(request, request.last().toLowerCase(Locale.ROOT), request.body());
        }
    }

    private void ownAccount(Request request) {
        accountReport(request, request.account(), request.last());
    }

    private void ownConnections(Request request) {
        accountReport(request, request.account(), "CONNZ");
    }

    private void accountReport(Request request, Account account, String what) {
        ObjectNode options =
                request.body() instanceof ObjectNode asked
                        ? asked.deepCopy()
                        : json.createObjectNode();
        options.put("account", account.name());
        options.put("acc", account.name());
        switch (what) {
            case "CONNZ", "SUBSZ", "JSZ", "LEAFZ" ->
                    reportTo(request, what.toLowerCase(Locale.ROOT), options);
            case "STATZ" -> {
                options.putArray("accounts").add(account.name());
                options.put("include_unused", true);
                reportTo(request, "accstatz", options);
            }
            case "INFO" -> {
                ObjectNode answer = json.createObjectNode();
                answer.set("server", server());
                answer.set("data", reports.accountInfo(account));
                publish(request.account(), request.reply(), answer, null);
            }
            case "CONNS" ->
                    publish(
                            request.account(),
                            request.reply(),
                            typed(
                                    "io.nats.server.advisory.v1.account_connections",
                                    reports.accountStat(account)),
                            null);
            default -> {}
        }
    }

    private void userInfo(Request request) {
        NatsUser user = request.user();
        if (user == null) {
            return;
        }
        ObjectNode answer = json.createObjectNode();
        answer.set("server", server());
        ObjectNode data = answer.putObject("data");
        data.put("user", user.name());
        data.put("account", user.account().name());
        if (user.permissions() != null) {
            permissions(data, user.permissions().written());
        }
        if (user.expiresAt() != Long.MAX_VALUE) {
            data.put("expires", (user.expiresAt() - reports.now().toEpochMilli()) * 1_000_000L);
        }
        publish(request.account(), request.reply(), answer, null);
    }

    private void permissions(ObjectNode data, PermissionOptions written) {
        ObjectNode permissions = json.createObjectNode();
        rights(permissions, "publish", written.publishAllow(), written.publishDeny());
        rights(permissions, "subscribe", written.subscribeAllow(), written.subscribeDeny());
        PermissionOptions.ResponseOptions responses = written.responses();
        if (responses != null) {
            permissions
                    .putObject("responses")
                    .put("max", responses.max())
                    .put("ttl", responses.expires().toNanos());
        }
        if (!permissions.isEmpty()) {
            data.set("permissions", permissions);
        }
    }

    private static void rights(
            ObjectNode permissions, String key, @Nullable List<String> allow, List<String> deny) {
        if (allow == null && deny.isEmpty()) {
            return;
        }
        ObjectNode rights = permissions.putObject(key);
        if (allow != null) {
            allow.forEach(rights.withArray("allow")::add);
        }
        if (!deny.isEmpty()) {
            deny.forEach(rights.withArray("deny")::add);
        }
    }

    // Events.

    /** A client has come. Any thread. */
    public void connected(ConnectionFacts one) {
        event(
                one,
                "CONNECT",
                "io.nats.server.advisory.v1.client_connect",
                body -> body.set("client", client(json, one)));
    }

    /** A client has gone. Any thread. */
    public void disconnected(ConnectionFacts one) {
        event(
                one,
                "DISCONNECT",
                "io.nats.server.advisory.v1.client_disconnect",
                body -> {
                    Traffic.Sums traffic = one.traffic();
                    body.set("client", client(json, one));
                    body.putObject("sent")
                            .put("msgs", traffic.outMessages())
                            .put("bytes", traffic.outBytes());
                    body.putObject("received")
                            .put("msgs", traffic.inMessages())
                            .put("bytes", traffic.inBytes());
                    body.put("reason", one.ending() == null ? "" : one.ending().reason());
                });
    }

    /** A client was refused. Any thread. */
    public void refused(ConnectionFacts one) {
        Account system = reports.facts().accounts().system();
        Subject subject =
                Subject.ofDotted(
                        "$SYS.SERVER."
                                + reports.facts().identity().serverId()
                                + ".CLIENT.AUTH.ERR");
        thread.execute(
                () -> {
                    ObjectNode body = json.createObjectNode();
                    body.set("client", client(json, one));
                    body.put("reason", one.ending() == null ? "" : one.ending().reason());
                    ObjectNode typed = typed("io.nats.server.advisory.v1.client_disconnect", body);
                    typed.set("server", server());
                    publish(system, subject, typed, null);
                });
    }

    private void event(
            ConnectionFacts one,
            String what,
            String type,
            java.util.function.Consumer<ObjectNode> fill) {
        Account system = reports.facts().accounts().system();
        Subject subject = Subject.ofDotted("$SYS.ACCOUNT." + one.client().account() + '.' + what);
        thread.execute(
                () -> {
                    if (system.space().hasInterest(routes, subject)) {
                        ObjectNode body = json.createObjectNode();
                        body.set("server", server());
                        fill.accept(body);
                        publish(system, subject, typed(type, body), null);
                    }
                });
    }

    private ObjectNode typed(String type, ObjectNode rest) {
        ObjectNode typed = json.createObjectNode();
        byte[] id = new byte[11];
        ThreadLocalRandom.current().nextBytes(id);
        typed.put("type", type);
        typed.put("id", HexFormat.of().formatHex(id));
        typed.put("timestamp", reports.now().toString());
        typed.setAll(rest);
        return typed;
    }

    /** A client as events and measurements describe it. */
    public static ObjectNode client(ObjectMapper json, ConnectionFacts one) {
        ObjectNode node = json.createObjectNode();
        ConnectionFacts.Client client = one.client();
        node.put("start", Instant.ofEpochMilli(one.times().start()).toString());
        node.put("host", one.address().ip());
        node.put("id", one.id());
        node.put("acc", client.account());
        put(node, "user", client.user());
        put(node, "name", client.name());
        put(node, "lang", client.language());
        put(node, "ver", client.version());
        if (one.times().roundTripNanos() > 0) {
            node.put("rtt", one.times().roundTripNanos());
        }
        if (one.ending() != null) {
            node.put("stop", Instant.ofEpochMilli(one.ending().stop()).toString());
        }
        put(node, "jwt", client.jwt());
        put(node, "issuer_key", client.issuerKey());
        put(node, "name_tag", client.nameTag());
        node.put("kind", "Client");
        node.put("client_type", one.type());
        return node;
    }

    private static void put(ObjectNode node, String key, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            node.put(key, value);
        }
    }

    private ObjectNode server() {
        ServerFacts.Identity identity = reports.facts().identity();
        ObjectNode server = json.createObjectNode();
        server.put("name", identity.serverName());
        server.put("host", identity.host());
        server.put("id", identity.serverId());
        server.put("ver", identity.version());
        server.put("jetstream", reports.facts().jetStream());
        server.put("flags", reports.facts().jetStream() ? 3 : 0);
        server.put("seq", sequence.incrementAndGet());
        server.put("time", reports.now().toString());
        return server;
    }

    /** On this service's thread. */
    private void publish(
            Account account, Subject subject, ObjectNode body, @Nullable Subject reply) {
        if (subject.length() == 0) {
            return;
        }
        try {
            byte[] bytes = json.writeValueAsBytes(body);
            Message message = new Message();
            message.begin(subject, bytes, 0, bytes.length)
                    .header(codec, bytes, 0, 0, 0)
                    .replyTo(reply);
            account.space().publish(routes, message);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values is always written", e);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
