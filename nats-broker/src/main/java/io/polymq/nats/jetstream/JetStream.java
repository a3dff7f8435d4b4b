package io.polymq.nats.jetstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.router.Router;
import io.polymq.core.router.Sink;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import io.polymq.core.topic.Topic;
import io.polymq.core.topic.Topics;
import io.polymq.core.zone.ShardZone;
import io.polymq.meta.MetadataStore;
import io.polymq.nats.jetstream.api.ApiError;
import io.polymq.nats.jetstream.api.Errors;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.wire.Outlet;
import io.polymq.network.Shutdown;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/**
 * JetStream of all accounts: opens what was kept, and leads what clients send to the API, to
 * acknowledgements and to flow control into the account's shard zone. Any thread.
 */
public final class JetStream implements Topics.Listener {

    private static final String TENANTS = "jetstream/tenants/";
    private static final String API = "$JS.API.";

    private final JetStreamParams params;
    private final Router router;
    private final ServerIdentity identity;
    private final Map<String, JetStreamAccount> accounts = new ConcurrentHashMap<>();
    private final Map<String, AccountLimits> limits = new ConcurrentHashMap<>();

    private JetStream(JetStreamParams params, Router router, ServerIdentity identity) {
        this.params = params;
        this.router = router;
        this.identity = identity;
    }

    /** Completes when everything that was kept is there again. */
    public static CompletableFuture<JetStream> start(
            JetStreamParams params, Router router, ServerIdentity identity, Shutdown shutdown) {
        JetStream started = new JetStream(params, router, identity);
        shutdown.subscribe(
                Shutdown.Phase.LISTENERS, "jetstream pulls", within -> started.tellOfEnd());
        shutdown.subscribe(Shutdown.Phase.PROTOCOLS, "jetstream", started::drain);
        params.topics().listen(started);
        return params.metadata()
                .range(TENANTS)
                .thenCompose(
                        kept -> {
                            List<CompletableFuture<?>> opening = new ArrayList<>();
                            for (MetadataStore.Entry entry : kept.entries()) {
                                String tenant = entry.key().substring(TENANTS.length());
                                opening.add(started.account(tenant).opened());
                            }
                            return CompletableFuture.allOf(
                                    opening.toArray(CompletableFuture<?>[]::new));
                        })
                .thenApply(done -> started);
    }

    /** What an account may have, from now on. */
    public void limit(String tenant, AccountLimits most) {
        limits.put(tenant, most);
        account(tenant).limit(most);
    }

    /** The account may be used: its API has someone who answers. */
    public void enter(String tenant) {
        account(tenant);
    }

    /** The account may not use it, and hears so when it asks; nobody answers its other requests. */
    public void refuse(String tenant) {
        ShardZone zone = params.zones().getFirst();
        Router.Space space = router.space(tenant);
        Outlet outlet = new Outlet(space, router.newCache(), Fields.MAPPER, new Random());
        ObjectNode answer = Fields.MAPPER.createObjectNode();
        answer.put("type", "io.nats.jetstream.api.v1.account_info_response");
        Errors.put(answer, ApiError.NOT_ENABLED_FOR_ACCOUNT.exception());
        listen(
                space,
                API + "INFO",
                sink(
                        zone,
                        (kept, message) -> {
                            Subject reply = message.answerTo();
                            if (reply != null) {
                                outlet.send(reply, answer);
                            }
                        }));
    }

    /** For monitoring; waits for the accounts' zones. */
    public ObjectNode report(JsonNode options) {
        return new JetStreamReport(identity, accounts.values()).make(options);
    }

    private JetStreamAccount account(String tenant) {
        JetStreamAccount known = accounts.get(tenant);
        return known != null ? known : accounts.computeIfAbsent(tenant, this::open);
    }

    private JetStreamAccount open(String tenant) {
        List<ShardZone> zones = params.zones();
        ShardZone zone = zones.get(Math.floorMod(tenant.hashCode(), zones.size()));
        Router.Space space = router.space(tenant);
        JetStreamAccount account =
                new JetStreamAccount(
                        tenant,
                        zone,
                        space,
                        router.newCache(),
                        params,
                        identity,
                        limits.getOrDefault(tenant, AccountLimits.NONE));
        listen(space, API + ">", ApiSink.under(API, account));
        if (!params.domain().isEmpty()) {
            String prefix = "$JS." + params.domain() + ".API.";
            listen(space, prefix + ">", ApiSink.under(prefix, account));
        }
        listen(space, "$JS.ACK.>", sink(zone, account::acknowledge));
        listen(space, "$JS.FC.>", sink(zone, account::flow));
        listen(space, "$JS.SNAPSHOT.>", sink(zone, account::snapshot));
        zone.execute(account::open);
        return account;
    }

    private static void listen(Router.Space space, String subject, Sink sink) {
        try {
            Filter filter = Dialect.NATS.parse(subject);
            space.subscribe(filter, null, false, sink);
        } catch (InvalidSubjectException e) {
            throw new IllegalStateException(subject, e);
        }
    }

    private static Sink sink(ShardZone zone, BiConsumer<KeptMessage, Message> action) {
        return message -> {
            KeptMessage kept = message.keep();
            return zone.offer(() -> action.accept(kept, kept.lendTo(new Message())));
        };
    }

    /**
     * Direct gets of a stream that does not allow them, and requests for messages of a consumer
     * that is not there, have no listener.
     *
     * @param direct how the subjects of direct gets begin
     * @param next how those of requests for messages begin
     */
    private record ApiSink(JetStreamAccount account, byte[] direct, byte[] next) implements Sink {

        static ApiSink under(String prefix, JetStreamAccount account) {
            return new ApiSink(
                    account,
                    (prefix + "DIRECT.GET.").getBytes(StandardCharsets.US_ASCII),
                    (prefix + "CONSUMER.MSG.NEXT.").getBytes(StandardCharsets.US_ASCII));
        }

        @Override
        public boolean deliver(Message message) {
            if (!hasListener(message.subject())) {
                return false;
            }
            KeptMessage kept = message.keep();
            return account.zone().offer(() -> account.request(kept));
        }

        private boolean hasListener(Subject subject) {
            byte[] name = subject.dotted();
            if (begins(name, direct)) {
                return account.allowsDirect(subject.toString().substring(direct.length));
            }
            return !begins(name, next)
                    || account.hasConsumer(subject.toString().substring(next.length));
        }

        private static boolean begins(byte[] name, byte[] prefix) {
            int length = prefix.length;
            return name.length > length && Arrays.equals(name, 0, length, prefix, 0, length);
        }
    }

    /** Those who wait for messages hear that the server ends, while they can still be told. */
    public CompletableFuture<Void> tellOfEnd() {
        return CompletableFuture.allOf(
                accounts.values().stream()
                        .map(JetStreamAccount::tellOfEnd)
                        .toArray(CompletableFuture<?>[]::new));
    }

    private CompletableFuture<Void> drain(Duration within) {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        accounts.values().forEach(account -> all.add(account.drain()));
        return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
    }

    static String tenantKey(String tenant) {
        return TENANTS + tenant;
    }

    // Topics that others change.

    @Override
    public void created(Topic topic) {
        // A stream's topic is made by the account that knows it.
    }

    @Override
    public void altered(Topic before, Topic now) {
        // What a Kafka client may alter does not concern the stream; the intake stays.
    }

    @Override
    public void deleted(Topic topic) {
        JetStreamAccount account = accounts.get(topic.tenant());
        if (account != null) {
            account.zone().offer(() -> account.topicDeleted(topic));
        }
    }
}
