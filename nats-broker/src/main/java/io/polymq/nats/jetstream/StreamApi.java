package io.polymq.nats.jetstream;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.subject.Filter;
import io.polymq.core.topic.Topic;
import io.polymq.core.topic.TopicException;
import io.polymq.nats.jetstream.api.ApiError;
import io.polymq.nats.jetstream.api.ApiException;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.api.Requests;
import io.polymq.nats.jetstream.api.StreamChecks;
import io.polymq.nats.jetstream.api.StreamConfig;
import io.polymq.nats.jetstream.stream.StoredStream;
import io.polymq.nats.jetstream.stream.Stream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Requests about streams. Those that change one are carried out one after the other, since each
 * waits for the metadata. Shard zone.
 */
final class StreamApi {

    private static final int NAMES_PER_PAGE = 1024;
    private static final int INFOS_PER_PAGE = 256;
    private static final int STREAM_TOKEN = 2;

    private final JetStreamAccount account;
    private final StreamInfo info;
    private final ArrayDeque<Runnable> changes = new ArrayDeque<>();

    StreamApi(JetStreamAccount account) {
        this.account = account;
        this.info = new StreamInfo(account);
    }

    /** False when it is not one of these. */
    boolean take(Call call) {
        String verb = call.token(1);
        if (verb.equals("NAMES") && call.tokens() == STREAM_TOKEN) {
            names(call.as("stream_names"));
            return true;
        }
        if (verb.equals("LIST") && call.tokens() == STREAM_TOKEN) {
            list(call.as("stream_list"));
            return true;
        }
        if (call.tokens() != STREAM_TOKEN + 1) {
            return false;
        }
        switch (verb) {
            case "CREATE" -> inTurn(() -> create(call.as("stream_create")), call);
            case "UPDATE" -> inTurn(() -> update(call.as("stream_update")), call);
            case "DELETE" -> inTurn(() -> delete(call.as("stream_delete")), call);
            case "INFO" -> info(call.as("stream_info"));
            case "PURGE" -> purge(call.as("stream_purge"));
            default -> {
                return false;
            }
        }
        return true;
    }

    /** The stream that the subject names. */
    static Stream stream(JetStreamAccount account, String name) {
        Stream stream = account.streams().get(name);
        if (stream == null || !stream.isReady()) {
            throw ApiError.STREAM_NOT_FOUND.exception();
        }
        return stream;
    }

    // Changes, one after the other.

    private void inTurn(Runnable change, Call call) {
        changes.add(
                () -> {
                    try {
                        change.run();
                    } catch (ApiException refused) {
                        call.refuse(refused);
                        ended();
                    }
                });
        if (changes.size() == 1) {
            changes.getFirst().run();
        }
    }

    private void ended() {
        changes.remove();
        if (!changes.isEmpty()) {
            account.zone().execute(changes.getFirst());
        }
    }

    private StreamConfig requested(Call call) {
        Fields request = Requests.stream(call.body());
        StreamChecks.name(call.token(STREAM_TOKEN));
        if (!request.text("name").equals(call.token(STREAM_TOKEN))) {
            throw ApiError.STREAM_MISMATCH.exception();
        }
        ObjectNode json = request.json().deepCopy();
        json.remove("pedantic");
        StreamConfig config = StreamConfig.of(json);
        StreamChecks.check(config);
        return config;
    }

    private StreamConfig versioned(StreamConfig config) {
        ServerIdentity identity = account.identity();
        return config.withMetadata(identity.version(), identity.level(), config.requiredLevel());
    }

    private void create(Call call) {
        StreamConfig config = requested(call);
        Stream known = account.streams().get(config.name());
        if (known != null) {
            if (!known.config().plain().equals(config.plain())) {
                throw ApiError.STREAM_NAME_EXISTS.exception();
            }
            ObjectNode answer = call.answer();
            info.put(answer, known);
            call.send(answer);
            ended();
            return;
        }
        checkLimits(config, null);
        checkOverlap(config);
        checkOrigins(config);
        if (config.fields().flag("sealed")) {
            throw ApiError.STREAM_INVALID_CONFIG.exception(
                    "stream configuration for create can not be sealed");
        }
        long now = account.zone().now();
        long base = Math.max(1, config.fields().number("first_seq"));
        StreamConfig stored = versioned(config);
        CompletableFuture<Topic> made =
                account.mark()
                        .thenCompose(
                                done ->
                                        account.params()
                                                .topics()
                                                .createForIntake(
                                                        account.tenant(),
                                                        StoredStream.spec(
                                                                stored, now, base, null)));
        finish(
                call,
                made,
                ApiError.STREAM_CREATE,
                topic -> {
                    StoredStream kept = StoredStream.of(topic);
                    if (kept == null) {
                        throw ApiError.STREAM_CREATE.exception("the topic is no stream");
                    }
                    Stream stream = account.put(topic, kept);
                    return stream.ready().thenRunAsync(() -> created(call, stream), account.zone());
                });
    }

    private void created(Call call, Stream stream) {
        ObjectNode answer = call.answer();
        info.put(answer, stream);
        answer.put("did_create", true);
        call.send(answer);
        action("CREATED", "create", stream.name());
    }

    void action(String kind, String action, String stream) {
        ObjectNode body = Fields.MAPPER.createObjectNode();
        body.put("stream", stream);
        body.put("action", action);
        account.advise(
                "io.nats.jetstream.advisory.v1.stream_action",
                "STREAM." + kind + '.' + stream,
                body);
    }

    private void update(Call call) {
        StreamConfig config = requested(call);
        Stream stream = stream(account, config.name());
        StreamConfig before = stream.config();
        if (!config.fields().has("first_seq") && before.fields().has("first_seq")) {
            ObjectNode json = config.json().deepCopy();
            json.set("first_seq", before.json().get("first_seq"));
            config = StreamConfig.of(json);
        }
        StreamChecks.update(before, config);
        checkLimits(config, stream);
        checkOverlap(config);
        checkOrigins(config);
        if (config.fields().flag("sealed")) {
            config = sealed(config);
        }
        StreamConfig stored = versioned(config);
        CompletableFuture<Topic> altered =
                account.params()
                        .topics()
                        .alter(
                                account.tenant(),
                                StoredStream.spec(
                                        stored, stream.created(), stream.base(), stream.topic()));
        finish(
                call,
                altered,
                ApiError.STREAM_UPDATE,
                topic -> {
                    stream.change(topic, stored);
                    account.directOf(stored);
                    ObjectNode answer = call.answer();
                    info.put(answer, stream);
                    call.send(answer);
                    action("UPDATED", "modify", stream.name());
                    return CompletableFuture.completedFuture(null);
                });
    }

    /** A sealed stream takes nothing and loses nothing. */
    private static StreamConfig sealed(StreamConfig config) {
        ObjectNode json = config.json().deepCopy();
        json.put("deny_delete", true);
        json.put("deny_purge", true);
        json.put("discard", "new");
        json.put("max_age", 0L);
        json.put("allow_rollup_hdrs", false);
        return StreamConfig.of(json);
    }

    private void delete(Call call) {
        call.requireEmpty();
        Stream stream = stream(account, call.token(STREAM_TOKEN));
        account.forget(stream);
        finish(
                call,
                account.params().topics().delete(account.tenant(), stream.name()),
                ApiError.STREAM_DELETE,
                done -> {
                    call.success();
                    action("DELETED", "delete", stream.name());
                    return CompletableFuture.completedFuture(null);
                });
    }

    /** What is done when the metadata has it; the next change comes after that. */
    private interface Then<T> {
        CompletableFuture<?> carryOut(T result);
    }

    private <T> void finish(
            Call call, CompletableFuture<T> future, ApiError otherwise, Then<T> then) {
        future.whenComplete(
                (result, failure) ->
                        account.zone()
                                .offer(
                                        () -> {
                                            try {
                                                if (failure != null) {
                                                    throw refusal(failure, otherwise);
                                                }
                                                then.carryOut(result)
                                                        .whenComplete(
                                                                (done, broken) ->
                                                                        account.zone()
                                                                                .offer(
                                                                                        this
                                                                                                ::ended));
                                            } catch (ApiException refused) {
                                                call.refuse(refused);
                                                ended();
                                            }
                                        }));
    }

    private static ApiException refusal(Throwable failure, ApiError otherwise) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof TopicException known) {
            return switch (known.kind()) {
                case OVERLAPPING_CAPTURE -> ApiError.STREAM_SUBJECT_OVERLAP.exception();
                case EXISTS -> ApiError.STREAM_NAME_EXISTS.exception();
                case QUOTA_EXCEEDED -> ApiError.MAX_STREAMS.exception();
                default -> otherwise.exception(known.getMessage() + "");
            };
        }
        return otherwise.exception(cause.getMessage() + "");
    }

    private void checkLimits(StreamConfig config, @Nullable Stream before) {
        AccountLimits limits = account.limits();
        boolean memory = config.inMemory();
        if (before == null
                && limits.maxStreams() > 0
                && account.streams().size() >= limits.maxStreams()) {
            throw ApiError.MAX_STREAMS.exception();
        }
        if (limits.maxBytesRequired() && config.maxBytes() <= 0) {
            throw ApiError.STREAM_MAX_BYTES_REQUIRED.exception();
        }
        long most = memory ? limits.memoryMaxStreamBytes() : limits.storageMaxStreamBytes();
        if (most > 0 && (config.maxBytes() > most || config.maxBytes() <= 0)) {
            throw ApiError.STREAM_MAX_BYTES_EXCEEDED.exception();
        }
        long all = memory ? limits.maxMemory() : limits.maxStorage();
        long others =
                reserved(memory) - (before == null ? 0 : Math.max(0, before.config().maxBytes()));
        if (all >= 0 && config.maxBytes() > 0 && others + config.maxBytes() > all) {
            throw memory
                    ? ApiError.MEMORY_EXCEEDED.exception()
                    : ApiError.STORAGE_EXCEEDED.exception();
        }
    }

    /** What streams with a limit may take. */
    long reserved(boolean memory) {
        long sum = 0;
        for (Stream stream : account.streams().values()) {
            if (stream.config().inMemory() == memory && stream.config().maxBytes() > 0) {
                sum += stream.config().maxBytes();
            }
        }
        return sum;
    }

    private void checkOverlap(StreamConfig config) {
        for (Stream other : account.streams().values()) {
            if (other.name().equals(config.name())) {
                continue;
            }
            for (Filter one : config.filters()) {
                for (Filter two : other.config().filters()) {
                    if (one.overlaps(two)) {
                        throw ApiError.STREAM_SUBJECT_OVERLAP.exception();
                    }
                }
            }
        }
    }

    /** Mirrors and sources must fit what they come from, and must not come round to themselves. */
    private void checkOrigins(StreamConfig config) {
        Fields mirror = config.fields().object("mirror");
        Stream origin = mirror == null ? null : origin(mirror);
        long size = config.fields().number("max_msg_size");
        if (origin != null
                && size > 0
                && (origin.config().fields().number("max_msg_size") < 0
                        || origin.config().fields().number("max_msg_size") > size)) {
            throw ApiError.MIRROR_MAX_MESSAGE_SIZE.exception();
        }
        checkCycle(config);
    }

    /** Null when it is not there, or not the account's. */
    private @Nullable Stream origin(Fields source) {
        return source.has("external") ? null : account.streams().get(source.text("name"));
    }

    /** Level by level; what is reached once more, in whatever way, counts as a cycle. */
    private void checkCycle(StreamConfig config) {
        Set<String> seen = new HashSet<>();
        ArrayDeque<StreamConfig> next = new ArrayDeque<>(List.of(config));
        for (StreamConfig at = next.poll(); at != null; at = next.poll()) {
            seen.add(at.name());
            for (Fields source : at.fields().objects("sources")) {
                visit(source, seen, next, overlaps(at, source.text("filter_subject")));
            }
            Fields mirror = at.fields().object("mirror");
            if (mirror != null) {
                visit(mirror, seen, next, true);
            }
        }
    }

    private void visit(
            Fields source, Set<String> seen, ArrayDeque<StreamConfig> next, boolean closes) {
        if (!seen.contains(source.text("name"))) {
            Stream origin = origin(source);
            if (origin != null) {
                next.add(origin.config());
            }
        } else if (closes && !source.has("external")) {
            throw ApiError.STREAM_INVALID_CONFIG.exception("detected cycle");
        }
    }

    private static boolean overlaps(StreamConfig config, String filter) {
        if (filter.isEmpty()) {
            return true;
        }
        Filter asked = StreamConfig.filter(filter);
        return asked != null && config.filters().stream().anyMatch(asked::overlaps);
    }

    // Questions.

    private void info(Call call) {
        Fields request = Requests.streamInfo(call.body());
        Stream stream = stream(account, call.token(STREAM_TOKEN));
        ObjectNode answer = call.answer();
        info.put(
                answer,
                stream,
                request.flag("deleted_details"),
                request.text("subjects_filter"),
                request.number("offset"));
        call.send(answer);
    }

    private List<Stream> wanted(Fields request) {
        Filter filter = null;
        String subject = request.text("subject");
        if (!subject.isEmpty()) {
            filter = StreamConfig.filter(subject);
            if (filter == null) {
                throw ApiError.BAD_REQUEST.exception();
            }
        }
        List<Stream> found = new ArrayList<>();
        for (Stream stream : account.streams().values()) {
            if (filter == null || stream.config().filters().stream().anyMatch(filter::overlaps)) {
                found.add(stream);
            }
        }
        return found;
    }

    private void names(Call call) {
        Fields request = Requests.page(call.body());
        List<Stream> found = wanted(request);
        ObjectNode answer = call.answer();
        long offset = page(answer, found.size(), request.number("offset"), NAMES_PER_PAGE);
        if (found.isEmpty()) {
            answer.putNull("streams");
        } else {
            ArrayNode names = answer.putArray("streams");
            found.stream()
                    .skip(offset)
                    .limit(NAMES_PER_PAGE)
                    .forEach(stream -> names.add(stream.name()));
        }
        call.send(answer);
    }

    private void list(Call call) {
        Fields request = Requests.page(call.body());
        List<Stream> found = wanted(request);
        ObjectNode answer = call.answer();
        long offset = page(answer, found.size(), request.number("offset"), INFOS_PER_PAGE);
        ArrayNode infos = answer.putArray("streams");
        found.stream()
                .skip(offset)
                .limit(INFOS_PER_PAGE)
                .forEach(stream -> info.put(infos.addObject(), stream));
        call.send(answer);
    }

    static long page(ObjectNode answer, int total, long offset, int limit) {
        long from = Math.min(Math.max(0, offset), total);
        answer.put("total", total);
        answer.put("offset", from);
        answer.put("limit", limit);
        return from;
    }

    private void purge(Call call) {
        Fields request = Requests.purge(call.body());
        Stream stream = stream(account, call.token(STREAM_TOKEN));
        StreamConfig config = stream.config();
        if (config.sealed()) {
            throw ApiError.STREAM_SEALED.exception();
        }
        if (config.fields().flag("deny_purge")) {
            throw ApiError.STREAM_PURGE_FAILED.exception("stream purge not permitted");
        }
        long before = request.number("seq");
        long keep = request.number("keep");
        if (before > 0 && keep > 0) {
            throw ApiError.BAD_REQUEST.exception();
        }
        String subject = request.text("filter");
        Filter filter =
                subject.isEmpty() || subject.equals(">") ? null : StreamConfig.filter(subject);
        if (!subject.isEmpty() && filter == null && !subject.equals(">")) {
            throw ApiError.BAD_REQUEST.exception();
        }
        long purged = stream.purge(filter, before, keep);
        if (filter == null && before > stream.index().last() + 1 && stream.mayRebase()) {
            stream.goOnWith(before);
        }
        call.then(
                stream.persistRemovals(),
                ApiError.STREAM_PURGE_FAILED,
                done -> {
                    ObjectNode answer = call.answer();
                    answer.put("success", true);
                    answer.put("purged", purged);
                    call.send(answer);
                });
    }
}
