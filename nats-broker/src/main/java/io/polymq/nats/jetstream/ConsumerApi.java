package io.polymq.nats.jetstream;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.polymq.nats.jetstream.api.ApiError;
import io.polymq.nats.jetstream.api.ConsumerChecks;
import io.polymq.nats.jetstream.api.ConsumerConfig;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.api.Requests;
import io.polymq.nats.jetstream.api.StreamConfig;
import io.polymq.nats.jetstream.consumer.Consumer;
import io.polymq.nats.jetstream.stream.Stream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Requests about consumers, and requests for messages. Shard zone. */
final class ConsumerApi {

    private static final int NAMES_PER_PAGE = 1024;
    private static final int INFOS_PER_PAGE = 256;
    private static final int NAME_LENGTH = 8;

    private final JetStreamAccount account;

    ConsumerApi(JetStreamAccount account) {
        this.account = account;
    }

    void take(Call call) {
        int tokens = call.tokens();
        switch (call.token(1)) {
            case "CREATE" -> create(call.as("consumer_create"));
            case "DURABLE" -> {
                if (call.token(2).equals("CREATE") && tokens == 5) {
                    createDurable(call.as("consumer_create"));
                }
            }
            case "NAMES" -> names(call.as("consumer_names"));
            case "LIST" -> list(call.as("consumer_list"));
            case "INFO" -> {
                if (tokens == 4) {
                    info(call.as("consumer_info"));
                }
            }
            case "DELETE" -> {
                if (tokens == 4) {
                    delete(call.as("consumer_delete"));
                }
            }
            case "PAUSE" -> {
                if (tokens == 4) {
                    pause(call.as("consumer_pause"));
                }
            }
            case "UNPIN" -> {
                if (tokens == 4) {
                    unpin(call.as("consumer_unpin"));
                }
            }
            case "MSG" -> {
                if (call.token(2).equals("NEXT") && tokens == 5) {
                    next(call);
                }
            }
            default -> {}
        }
    }

    private Consumer consumer(Stream stream, String name) {
        Consumer consumer = account.consumers(stream.name()).get(name);
        if (consumer == null) {
            throw ApiError.CONSUMER_NOT_FOUND.exception();
        }
        return consumer;
    }

    private void next(Call call) {
        Map<String, Consumer> some = account.consumers(call.token(3));
        Consumer consumer = some.get(call.token(4));
        if (consumer != null && call.reply() != null) {
            consumer.ask(call.reply(), call.body());
        }
    }

    // Create and update.

    private void createDurable(Call call) {
        Fields request = Requests.consumer(call.body());
        ConsumerConfig config = config(request, call.token(3));
        String durable = config.durable();
        if (durable.isEmpty()) {
            throw ApiError.CONSUMER_DURABLE_NOT_SET.exception();
        }
        if (!durable.equals(call.token(4))) {
            throw ApiError.CONSUMER_DURABLE_MISMATCH.exception();
        }
        String named = config.fields().text("name");
        if (!named.isEmpty() && !named.equals(durable)) {
            throw ApiError.CONSUMER_NAME_DURABLE_MISMATCH.exception();
        }
        put(call, call.token(3), config, durable, request.text("action"));
    }

    private void create(Call call) {
        Fields request = Requests.consumer(call.body());
        ConsumerConfig config = config(request, call.token(2));
        String durable = config.durable();
        if (call.tokens() == 3) {
            if (!durable.isEmpty()) {
                throw ApiError.CONSUMER_EPHEMERAL_WITH_DURABLE.exception();
            }
            String named = config.fields().text("name");
            put(call, call.token(2), config, named, request.text("action"));
            return;
        }
        String name = call.token(3);
        if (!durable.isEmpty() && !durable.equals(name)) {
            throw ApiError.CONSUMER_DURABLE_MISMATCH.exception();
        }
        if (call.tokens() > 4) {
            String filter = call.rest(4);
            if (config.fields().texts("filter_subjects").size() > 1) {
                throw ApiError.CONSUMER_MULTIPLE_FILTERS.exception();
            }
            List<String> filters = config.filters();
            if (filters.isEmpty() || !filters.getFirst().equals(filter)) {
                throw ApiError.CONSUMER_FILTER_MISMATCH.exception();
            }
        }
        put(call, call.token(2), config, name, request.text("action"));
    }

    private static ConsumerConfig config(Fields request, String stream) {
        if (!request.text("stream_name").equals(stream)) {
            throw ApiError.STREAM_MISMATCH.exception();
        }
        Fields given = request.object("config");
        return given == null
                ? ConsumerConfig.of(Fields.MAPPER.createObjectNode())
                : new ConsumerConfig(given);
    }

    private void put(
            Call call, String streamName, ConsumerConfig asked, String wanted, String action) {
        Stream stream = StreamApi.stream(account, streamName);
        String name = wanted.isEmpty() ? account.outlet().newId(NAME_LENGTH) : wanted;
        ConsumerChecks.name(name);
        Fields limits = stream.config().fields().object("consumer_limits");
        ConsumerConfig config = asked.withDefaults(limits, account.consumerLimits());
        if (!wanted.isEmpty()) {
            config = config.with("name", TextNode.valueOf(name));
        }
        ConsumerChecks.check(config, stream.config(), account.consumerLimits());
        Consumer known = account.consumers(streamName).get(name);
        if (known == null) {
            if (action.equals("update")) {
                throw ApiError.CONSUMER_DOES_NOT_EXIST.exception();
            }
            add(call, stream, config, name);
            return;
        }
        boolean same = known.config().plain().equals(config.plain());
        if (action.equals("create") && !same) {
            throw ApiError.CONSUMER_ALREADY_EXISTS.exception();
        }
        if (same) {
            answer(call, known);
            return;
        }
        ConsumerChecks.update(known.config(), config);
        String target = known.config().fields().text("deliver_subject");
        if (!target.equals(config.fields().text("deliver_subject")) && known.isBound()) {
            throw ApiError.CONSUMER_NAME_EXISTS.exception();
        }
        checkUnique(stream, config, known);
        known.change(versioned(config));
        call.then(account.keep(known, true), ApiError.CONSUMER_CREATE, done -> answer(call, known));
    }

    private ConsumerConfig versioned(ConsumerConfig config) {
        return config.withMetadata(account.identity().version(), account.identity().level());
    }

    private void add(Call call, Stream stream, ConsumerConfig config, String name) {
        int count = account.consumers(stream.name()).size();
        long most = stream.config().fields().number("max_consumers");
        long all = account.limits().maxConsumers();
        if (most > 0 && count >= most || all > 0 && account.consumerCount() >= all) {
            throw ApiError.MAX_CONSUMERS.exception();
        }
        checkUnique(stream, config, null);
        Consumer made =
                account.add(
                        stream,
                        versioned(config),
                        name,
                        account.zone().now(),
                        JetStreamAccount.isKept(config));
        call.then(
                account.keep(made, true),
                ApiError.CONSUMER_CREATE,
                done -> {
                    answer(call, made);
                    ObjectNode body = Fields.MAPPER.createObjectNode();
                    body.put("stream", stream.name());
                    body.put("consumer", name);
                    body.put("action", "create");
                    account.advise(
                            "io.nats.jetstream.advisory.v1.consumer_action",
                            "CONSUMER.CREATED." + stream.name() + '.' + name,
                            body);
                });
    }

    private void checkUnique(Stream stream, ConsumerConfig config, @Nullable Consumer but) {
        if (stream.config().retention() != StreamConfig.Retention.WORKQUEUE) {
            return;
        }
        for (Consumer other : account.consumers(stream.name()).values()) {
            if (other != but) {
                ConsumerChecks.unique(config, other.config());
            }
        }
    }

    private void answer(Call call, Consumer consumer) {
        ObjectNode answer = call.answer();
        answer.setAll(consumer.info());
        call.send(answer);
    }

    // Questions.

    private void info(Call call) {
        call.requireEmpty();
        answer(call, consumer(StreamApi.stream(account, call.token(2)), call.token(3)));
    }

    private void names(Call call) {
        page(call, NAMES_PER_PAGE, consumer -> TextNode.valueOf(consumer.name()));
    }

    private void list(Call call) {
        page(call, INFOS_PER_PAGE, Consumer::info);
    }

    private void page(
            Call call,
            int limit,
            Function<Consumer, com.fasterxml.jackson.databind.JsonNode> entry) {
        Fields request = Requests.page(call.body());
        Stream stream = StreamApi.stream(account, call.token(2));
        List<Consumer> all = new ArrayList<>(account.consumers(stream.name()).values());
        ObjectNode answer = call.answer();
        long offset = StreamApi.page(answer, all.size(), request.number("offset"), limit);
        ArrayNode entries = answer.putArray("consumers");
        all.stream().skip(offset).limit(limit).map(entry).forEach(entries::add);
        call.send(answer);
    }

    private void delete(Call call) {
        call.requireEmpty();
        Consumer consumer = consumer(StreamApi.stream(account, call.token(2)), call.token(3));
        call.then(account.remove(consumer), ApiError.CONSUMER_CREATE, done -> call.success());
    }

    private void pause(Call call) {
        Fields request = Requests.pause(call.body());
        Consumer consumer = consumer(StreamApi.stream(account, call.token(2)), call.token(3));
        Instant until = request.time("pause_until");
        ConsumerConfig now =
                until == null
                        ? consumer.config().without("pause_until")
                        : consumer.config()
                                .with("pause_until", TextNode.valueOf(Fields.time(until)));
        consumer.change(now);
        call.then(
                account.keep(consumer, true),
                ApiError.CONSUMER_CREATE,
                done -> {
                    ObjectNode answer = call.answer();
                    boolean paused = consumer.isPaused();
                    answer.put("paused", paused);
                    answer.put(
                            "pause_until",
                            until == null ? "0001-01-01T00:00:00Z" : Fields.time(until));
                    if (paused && until != null) {
                        answer.put("pause_remaining", remaining(until));
                    }
                    call.send(answer);
                    ObjectNode body = Fields.MAPPER.createObjectNode();
                    body.put("stream", consumer.stream().name());
                    body.put("consumer", consumer.name());
                    body.put("paused", paused);
                    if (paused && until != null) {
                        body.put("pause_until", Fields.time(until));
                    }
                    account.advise(
                            "io.nats.jetstream.advisory.v1.consumer_pause",
                            "CONSUMER.PAUSE." + consumer.stream().name() + '.' + consumer.name(),
                            body);
                });
    }

    private long remaining(Instant until) {
        return Duration.between(Instant.ofEpochMilli(account.zone().now()), until).toNanos();
    }

    private void unpin(Call call) {
        Fields request = Requests.unpin(call.body());
        Consumer consumer = consumer(StreamApi.stream(account, call.token(2)), call.token(3));
        String group = request.text("group");
        if (group.isEmpty()) {
            throw ApiError.BAD_REQUEST.exception();
        }
        if (!consumer.config().fields().texts("priority_groups").contains(group)
                || consumer.config().priority() != ConsumerConfig.Priority.PINNED) {
            throw ApiError.CONSUMER_INVALID_GROUP.exception();
        }
        consumer.unpin();
        call.send(call.answer());
    }
}
