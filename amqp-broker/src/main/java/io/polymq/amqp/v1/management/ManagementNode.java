package io.polymq.amqp.v1.management;

import io.polymq.amqp.AccessRights;
import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.Arguments;
import io.polymq.amqp.model.Binding;
import io.polymq.amqp.model.Exchange;
import io.polymq.amqp.model.ExchangeSpec;
import io.polymq.amqp.model.ExchangeType;
import io.polymq.amqp.model.ModelException;
import io.polymq.amqp.model.QueueDefinition;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.core.topic.TopicException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's {@code /management} node. Every request has exactly one reply, also one that cannot
 * be understood. Called in the connection zone; replies complete on any thread.
 */
public final class ManagementNode {

    private static final Logger LOG = LoggerFactory.getLogger(ManagementNode.class);

    private static final int OK = 200;
    private static final int CREATED = 201;
    private static final int NO_CONTENT = 204;
    private static final int FAILED = 500;

    private static final Map<String, Class<?>> QUEUE =
            Map.of(
                    "durable", Boolean.class,
                    "exclusive", Boolean.class,
                    "auto_delete", Boolean.class,
                    "arguments", Map.class);
    private static final Map<String, Class<?>> EXCHANGE =
            Map.of(
                    "type", String.class,
                    "durable", Boolean.class,
                    "auto_delete", Boolean.class,
                    "internal", Boolean.class,
                    "arguments", Map.class);
    private static final Map<String, Class<?>> BINDING =
            Map.of(
                    "source", String.class,
                    "destination_queue", String.class,
                    "destination_exchange", String.class,
                    "binding_key", String.class,
                    "arguments", Map.class);

    private static final Pattern BINDING_PATH =
            Pattern.compile(
                    "src=([0-9A-Za-z\\-._~%]+);dst([eq])=([0-9A-Za-z\\-._~%]+);"
                            + "key=([0-9A-Za-z\\-._~%]*);args=([0-9A-Za-z\\-_]*)");

    private final VirtualHost host;
    private final AccessRights rights;
    private final long connection;
    private final String node;
    private final Function<String, CompletableFuture<Boolean>> tokens;

    private record Answer(int status, @Nullable Object body) {}

    /**
     * @param connection the client's, to which its exclusive queues belong
     * @param node the broker's name, as the place of queues
     * @param tokens takes a new token of the client's login, false when it is none
     */
    public ManagementNode(
            VirtualHost host,
            AccessRights rights,
            long connection,
            String node,
            Function<String, CompletableFuture<Boolean>> tokens) {
        this.host = host;
        this.rights = rights;
        this.connection = connection;
        this.node = node;
        this.tokens = tokens;
    }

    /** Does what is asked; never fails, as failures are replies. */
    public CompletableFuture<Reply> handle(Request request) {
        CompletableFuture<Answer> answer;
        try {
            answer = answer(request, Target.of(request.target()));
        } catch (RuntimeException refused) {
            answer = CompletableFuture.failedFuture(refused);
        }
        return answer.handle(
                (done, failure) -> {
                    Answer told = failure == null ? done : refused(request, failure);
                    return new Reply(request.messageId(), told.status(), told.body());
                });
    }

    private CompletableFuture<Answer> answer(Request request, Target target) {
        String method = request.method();
        if (target.is("queues", 2)) {
            String name = Target.decoded(target.segments().get(1));
            return switch (method) {
                case "GET" -> inspect(name);
                case "PUT" -> declareQueue(name, request.body());
                case "DELETE" -> deleteQueue(name);
                default -> throw unknown(request);
            };
        }
        if (target.is("queues", 3) && target.segments().get(2).equals("messages")) {
            if (!method.equals("DELETE")) {
                throw unknown(request);
            }
            return purge(Target.decoded(target.segments().get(1)));
        }
        if (target.is("exchanges", 2)) {
            String name = Target.decoded(target.segments().get(1));
            return switch (method) {
                case "PUT" -> declareExchange(name, request.body());
                case "DELETE" -> deleteExchange(name);
                default -> throw unknown(request);
            };
        }
        if (target.is("bindings", 1)) {
            return switch (method) {
                case "POST" -> bind(request.body());
                case "GET" -> bindings(target);
                default -> throw unknown(request);
            };
        }
        if (target.is("bindings", 2) && method.equals("DELETE")) {
            return unbind(target.segments().get(1));
        }
        if (target.is("auth", 2)
                && target.segments().get(1).equals("tokens")
                && method.equals("PUT")) {
            return renew(request.body());
        }
        throw unknown(request);
    }

    private static Refusal unknown(Request request) {
        return new Refusal(
                Refusal.NOT_FOUND, request.method() + " " + request.target() + " is not known");
    }

    private Answer refused(Request request, Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        int status =
                switch (cause) {
                    case Refusal refusal -> refusal.status();
                    case ModelException e when e.kind() == ModelException.Kind.ACCESS_REFUSED ->
                            Refusal.FORBIDDEN;
                    case ModelException e
                            when e.kind() == ModelException.Kind.PRECONDITION_FAILED
                                    && request.method().equals("PUT") ->
                            Refusal.CONFLICT;
                    case ModelException e
                            when e.kind() == ModelException.Kind.NOT_FOUND
                                    && request.method().equals("GET") ->
                            Refusal.NOT_FOUND;
                    case ModelException e -> Refusal.BAD_REQUEST;
                    case TopicException e -> Refusal.BAD_REQUEST;
                    case null, default -> FAILED;
                };
        String text = cause == null ? "" : String.valueOf(cause.getMessage());
        LOG.atWarn()
                .addKeyValue("method", request.method())
                .addKeyValue("target", request.target())
                .addKeyValue("status", status)
                .addKeyValue("reason", text)
                .log("a management request failed");
        if (status == FAILED) {
            LOG.debug("it failed by", cause);
        }
        return new Answer(status, status == FAILED ? "the broker failed" : text);
    }

    // Queues.

    private static void checkName(String name) {
        if (name.indexOf('\n') >= 0 || name.indexOf('\r') >= 0) {
            throw Refusal.bad(
                    "Bad name '"
                            + name
                            + "': line feed and carriage return characters not allowed");
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > 255) {
            throw Refusal.bad("Bad name: longer than 255 bytes");
        }
    }

    private static void refuseReserved(String kind, String name, VirtualHost host) {
        if (name.startsWith("amq.")) {
            throw new Refusal(
                    Refusal.FORBIDDEN,
                    kind
                            + " '"
                            + name
                            + "' in vhost '"
                            + host.name()
                            + "' starts with reserved prefix 'amq.'");
        }
    }

    private CompletableFuture<Answer> inspect(String name) {
        return told(host.queues().require(name), OK);
    }

    private CompletableFuture<Answer> told(AmqpQueue queue, int status) {
        return queue.statistics()
                .thenApply(counts -> new Answer(status, Bodies.queue(queue, counts, node)));
    }

    private CompletableFuture<Answer> declareQueue(String name, @Nullable Object body) {
        Map<String, Object> entries = Bodies.entries(body, "queue property", QUEUE);
        if (name.isEmpty()) {
            throw Refusal.bad("declare queue with empty name not allowed");
        }
        checkName(name);
        refuseReserved("queue", name, host);
        rights.configureQueue(name);
        Arguments arguments = Bodies.arguments(entries);
        boolean isNew = host.queues().find(name) == null;
        String dead = arguments.text("x-dead-letter-exchange");
        if (dead != null && isNew) {
            rights.readQueue(name);
            rights.writeExchange(dead);
        }
        QueueDefinition definition =
                host.queues()
                        .definition(
                                name,
                                Bodies.flag(entries, "durable", true),
                                Bodies.flag(entries, "exclusive", false),
                                Bodies.flag(entries, "auto_delete", false),
                                arguments);
        return host.queues()
                .declare(definition, connection, false)
                .thenCompose(queue -> told(queue, isNew ? CREATED : OK));
    }

    private CompletableFuture<Answer> deleteQueue(String name) {
        checkName(name);
        rights.configureQueue(name);
        return host.queues()
                .delete(name, false, false, connection)
                .thenApply(count -> new Answer(OK, Bodies.messageCount(count)));
    }

    private CompletableFuture<Answer> purge(String name) {
        rights.readQueue(name);
        AmqpQueue queue = host.queues().require(name);
        queue.checkAccess(connection);
        if (queue.isStream()) {
            throw Refusal.bad(
                    "purge not supported by queue '" + name + "' in vhost '" + host.name() + "'");
        }
        return queue.queue().purge().thenApply(count -> new Answer(OK, Bodies.messageCount(count)));
    }

    // Exchanges.

    private static void refuseDefault(String exchange) {
        if (exchange.isEmpty()) {
            throw new Refusal(Refusal.FORBIDDEN, "operation not permitted on the default exchange");
        }
    }

    private CompletableFuture<Answer> declareExchange(String name, @Nullable Object body) {
        Map<String, Object> entries = Bodies.entries(body, "exchange property", EXCHANGE);
        String word = Bodies.text(entries, "type");
        ExchangeType type = ExchangeType.of(word == null ? "direct" : word);
        if (type == null) {
            throw Refusal.bad("invalid exchange type '" + word + "'");
        }
        refuseDefault(name);
        rights.configureExchange(name);
        if (host.exchange(name) == null) {
            checkName(name);
            refuseReserved("exchange", name, host);
        }
        Arguments arguments = Bodies.arguments(entries);
        String alternate = arguments.text("alternate-exchange");
        if (alternate != null) {
            rights.readExchange(name);
            rights.writeExchange(alternate);
        }
        return host.declare(
                        new ExchangeSpec(
                                name,
                                type,
                                Bodies.flag(entries, "durable", true),
                                Bodies.flag(entries, "auto_delete", false),
                                Bodies.flag(entries, "internal", false),
                                arguments))
                .thenApply(done -> new Answer(NO_CONTENT, null));
    }

    private CompletableFuture<Answer> deleteExchange(String name) {
        checkName(name);
        refuseDefault(name);
        refuseReserved("exchange", name, host);
        rights.configureExchange(name);
        return host.deleteExchange(name, false).thenApply(done -> new Answer(NO_CONTENT, null));
    }

    // Bindings.

    private void checkBinding(Binding binding) {
        refuseDefault(binding.source());
        checkName(binding.source());
        checkName(binding.destination());
        if (binding.toExchange()) {
            refuseDefault(binding.destination());
            rights.writeExchange(binding.destination());
        } else {
            rights.writeQueue(binding.destination());
        }
        rights.readExchange(binding.source());
        Exchange source = host.exchange(binding.source());
        if (source != null && source.spec().type() == ExchangeType.TOPIC) {
            rights.bindTopic(binding.source(), binding.key());
        }
    }

    private CompletableFuture<Answer> bind(@Nullable Object body) {
        Map<String, Object> entries = Bodies.entries(body, "binding field", BINDING);
        String source = Bodies.text(entries, "source");
        String key = Bodies.text(entries, "binding_key");
        String queue = Bodies.text(entries, "destination_queue");
        String exchange = Bodies.text(entries, "destination_exchange");
        String destination = queue == null ? exchange : queue;
        if (source == null || key == null || destination == null) {
            throw Refusal.bad("a binding needs a source, a destination and a binding key");
        }
        checkName(key);
        Binding binding =
                new Binding(source, destination, queue == null, key, Bodies.arguments(entries));
        checkBinding(binding);
        return host.bind(binding, connection).thenApply(done -> new Answer(NO_CONTENT, null));
    }

    private CompletableFuture<Answer> bindings(Target target) {
        String source = target.query("src");
        String key = target.query("key");
        String exchange = target.query("dste");
        String queue = target.query("dstq");
        if (source == null || key == null) {
            throw Refusal.bad("missing 'src' or 'key' in query");
        }
        if (exchange == null && queue == null) {
            throw Refusal.bad("missing 'dste' or 'dstq' in query");
        }
        List<@Nullable Object> found = new ArrayList<>();
        for (Binding binding :
                between(source, exchange != null, exchange == null ? queue : exchange)) {
            if (binding.key().equals(key)) {
                found.add(Bodies.binding(binding));
            }
        }
        return CompletableFuture.completedFuture(new Answer(OK, found));
    }

    private List<Binding> between(String source, boolean toExchange, @Nullable String destination) {
        Exchange from = host.exchange(source);
        return from == null
                ? List.of()
                : from.bindings().stream()
                        .filter(
                                binding ->
                                        binding.toExchange() == toExchange
                                                && binding.destination().equals(destination))
                        .toList();
    }

    private CompletableFuture<Answer> unbind(String segment) {
        Matcher path = BINDING_PATH.matcher(segment);
        if (!path.matches()) {
            throw Refusal.bad("bad binding path segment '" + segment + "'");
        }
        String source = Target.decoded(path.group(1));
        boolean toExchange = path.group(2).equals("e");
        String destination = Target.decoded(path.group(3));
        String key = Target.decoded(path.group(4));
        checkBinding(new Binding(source, destination, toExchange, key, Arguments.NONE));
        for (Binding binding : between(source, toExchange, destination)) {
            if (binding.key().equals(key) && Bodies.argumentsHash(binding).equals(path.group(5))) {
                return host.unbind(binding, connection)
                        .thenApply(done -> new Answer(NO_CONTENT, null));
            }
        }
        return CompletableFuture.completedFuture(new Answer(NO_CONTENT, null));
    }

    // Tokens.

    private CompletableFuture<Answer> renew(@Nullable Object body) {
        if (!(body instanceof byte[] token)) {
            throw Refusal.bad("a token must be binary");
        }
        return tokens.apply(new String(token, StandardCharsets.UTF_8))
                .thenApply(
                        taken -> {
                            if (!taken) {
                                throw Refusal.bad("the token was refused");
                            }
                            return new Answer(NO_CONTENT, null);
                        });
    }
}
