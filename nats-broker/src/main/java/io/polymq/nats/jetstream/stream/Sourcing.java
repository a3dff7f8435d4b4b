package io.polymq.nats.jetstream.stream;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.message.Message;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.nats.jetstream.api.ApiError;
import io.polymq.nats.jetstream.api.ApiException;
import io.polymq.nats.jetstream.api.Errors;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.api.StreamConfig;
import io.polymq.nats.jetstream.stream.Publishing.Draft;
import io.polymq.nats.subject.SubjectTransform;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a stream takes from other streams: all of one, with its sequences (a mirror), or of several,
 * each message with a header that says where it came from. Streams of the account are read where
 * they are; others ({@code external}) through an {@link Inlet}. Both survive a restart by what is
 * stored: a mirror goes on behind its last sequence, a source behind the one that the last header
 * names. Shard zone.
 */
public final class Sourcing {

    private static final Logger LOG = LoggerFactory.getLogger(Sourcing.class);
    private static final int MOST_PER_TURN = 500;
    private static final long RETRY = 1000;
    private static final int HASH_LENGTH = 8;
    private static final String HASH_DIGITS =
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /** One origin. */
    private static final class Source {
        final Fields config;
        final String name;
        final String shown;
        final String key;
        final List<String> froms = new ArrayList<>();
        final List<SubjectTransform> transforms = new ArrayList<>();
        final List<Filter> filters = new ArrayList<>();
        @Nullable Inlet inlet;
        @Nullable Stream origin;
        long next;
        long read;
        long activeAt = -1;
        boolean missing;
        boolean fetching;

        Source(Fields config) {
            this.config = config;
            this.name = config.text("name");
            Fields external = config.object("external");
            this.shown = external == null ? name : name + ':' + hash(external.text("api"));
            String filter = config.text("filter_subject");
            List<String> tos = new ArrayList<>();
            for (Fields mapping : config.objects("subject_transforms")) {
                String from = mapping.text("src").isEmpty() ? ">" : mapping.text("src");
                froms.add(from);
                tos.add(mapping.text("dest").isEmpty() ? ">" : mapping.text("dest"));
                add(from);
                if (!mapping.text("dest").isEmpty()) {
                    transforms.add(SubjectTransform.of(from, mapping.text("dest")));
                }
            }
            if (!filter.isEmpty()) {
                add(filter);
            }
            key =
                    shown
                            + ' '
                            + (froms.isEmpty()
                                    ? filter.isEmpty() ? ">" : filter
                                    : String.join("\f", froms))
                            + ' '
                            + (tos.isEmpty() ? ">" : String.join("\f", tos));
        }

        /** Tells streams of the same name apart, as nats-server does. */
        private static String hash(String api) {
            byte[] digest;
            try {
                digest =
                        MessageDigest.getInstance("SHA-256")
                                .digest(api.getBytes(StandardCharsets.UTF_8));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java has SHA-256", e);
            }
            StringBuilder hash = new StringBuilder();
            for (int i = 0; i < HASH_LENGTH; i++) {
                hash.append(HASH_DIGITS.charAt((digest[i] & 0xff) % HASH_DIGITS.length()));
            }
            return hash.toString();
        }

        List<String> wanted() {
            String filter = config.text("filter_subject");
            return filter.isEmpty() ? froms : List.of(filter);
        }

        private void add(String subject) {
            Filter filter = StreamConfig.filter(subject);
            if (filter != null) {
                filters.add(filter);
            }
        }

        boolean wants(Subject subject) {
            for (Filter filter : filters) {
                if (filter.matches(subject)) {
                    return true;
                }
            }
            return filters.isEmpty();
        }

        Subject mapped(Subject subject) {
            for (SubjectTransform transform : transforms) {
                String mapped = transform.apply(subject.toString());
                if (mapped != null) {
                    return Subject.ofDotted(mapped);
                }
            }
            return subject;
        }
    }

    private final Stream stream;
    private final Parts parts;
    private final Home home;
    private final Timer timer;
    private final Message lent = new Message();
    private final Map<String, Long> positions = new HashMap<>();
    private List<Source> sources = List.of();
    private @Nullable Source mirror;
    private boolean awake;

    Sourcing(Stream stream, Parts parts, Home home) {
        this.stream = stream;
        this.parts = parts;
        this.home = home;
        this.timer = new Timer(parts.zone(), this::wake);
    }

    void recovered(Recovery found) {
        positions.putAll(found.sources);
        configured();
    }

    /** The configuration may have changed. */
    void configured() {
        Fields fields = stream.config().fields();
        Fields mirrored = fields.object("mirror");
        detach();
        mirror = mirrored == null ? null : source(mirrored, true);
        List<Source> all = new ArrayList<>();
        for (Fields source : fields.objects("sources")) {
            all.add(source(source, false));
        }
        sources = all;
        wake();
    }

    private Source source(Fields config, boolean mirroring) {
        Source source = new Source(config);
        Fields external = config.object("external");
        if (external != null && !external.text("api").equals("$JS." + home.domain() + ".API")) {
            source.inlet =
                    new Inlet(
                            parts,
                            config,
                            source.wanted(),
                            () -> beginAfar(source, mirroring),
                            this::wake);
        }
        return source;
    }

    private void detach() {
        if (mirror != null) {
            detach(mirror);
        }
        sources.forEach(this::detach);
    }

    private void detach(Source former) {
        if (former.origin != null) {
            former.origin.unfollow(this);
        }
        if (former.inlet != null) {
            former.inlet.close();
        }
    }

    void close() {
        detach();
        mirror = null;
        sources = List.of();
        timer.stop();
    }

    /** An origin may have something new. */
    void wake() {
        if (!awake && (mirror != null || !sources.isEmpty())) {
            awake = true;
            parts.zone().atTurnEnd(this::turn);
        }
    }

    private void turn() {
        awake = false;
        if (!stream.isReady()) {
            return;
        }
        Source only = mirror;
        boolean missing = false;
        if (only != null) {
            missing = !advance(only, true);
        }
        for (Source source : sources) {
            missing |= !advance(source, false);
        }
        if (missing) {
            timer.within(RETRY);
        }
    }

    /** False when it is to be asked again later: its origin is not there, or it has to wait. */
    private boolean advance(Source source, boolean mirroring) {
        Inlet inlet = source.inlet;
        return inlet != null ? advance(source, inlet, mirroring) : advanceHere(source, mirroring);
    }

    private boolean advance(Source source, Inlet inlet, boolean mirroring) {
        inlet.open();
        for (Inlet.Arrival next = inlet.peek(); next != null; next = inlet.peek()) {
            switch (next) {
                case Inlet.Arrival.Flow(Subject answer) -> parts.outlet().empty(answer);
                case Inlet.Arrival.Stored(StreamMessage message) -> {
                    if (!take(source, message, mirroring)) {
                        return false;
                    }
                }
            }
            inlet.remove();
        }
        return true;
    }

    private boolean advanceHere(Source source, boolean mirroring) {
        Stream origin = home.find(source.name);
        source.missing = origin == null;
        if (origin == null || !origin.isReady()) {
            source.origin = null;
            return false;
        }
        if (source.origin != origin) {
            source.origin = origin;
            origin.follow(this);
            source.next = begin(source, origin, mirroring);
        }
        source.activeAt = parts.zone().elapsed();
        for (int done = 0; !source.fetching; done++) {
            if (done == MOST_PER_TURN) {
                wake();
                return true;
            }
            long at = origin.index().next(source.next);
            if (at == 0 || at > origin.safe()) {
                return true;
            }
            if (!source.wants(origin.index().entryAt(at).subject())) {
                source.next = at + 1;
                continue;
            }
            StreamMessage message = origin.cached(at);
            if (message == null) {
                source.fetching = true;
                origin.fetchOnward(at, found -> fetched(source, origin, at, found));
                return true;
            }
            if (!take(source, message, mirroring)) {
                return true;
            }
        }
        return true;
    }

    private void fetched(Source source, Stream origin, long at, @Nullable StreamMessage found) {
        source.fetching = false;
        if (found == null && origin.isReady() && at <= origin.safe()) {
            source.next = Math.max(source.next, at + 1);
        }
        wake();
    }

    private long begin(Source source, Stream origin, boolean mirroring) {
        long sequence = beginAt(source, mirroring);
        Instant time = source.config.time("opt_start_time");
        return sequence > 0
                ? sequence
                : time == null ? 1 : origin.index().firstAt(time.toEpochMilli());
    }

    private Inlet.Begin beginAfar(Source source, boolean mirroring) {
        long sequence = beginAt(source, mirroring);
        String time = source.config.text("opt_start_time");
        return new Inlet.Begin(sequence, time.isEmpty() ? null : time);
    }

    /** The first sequence that is wanted; 0 when a time decides, or nothing. */
    private long beginAt(Source source, boolean mirroring) {
        if (mirroring && (stream.index().messages() > 0 || stream.index().last() > 0)) {
            return stream.index().last() + 1;
        }
        Long known = mirroring ? null : positions.get(source.key);
        if (known != null) {
            source.read = known;
            return known + 1;
        }
        return source.config.number("opt_start_seq");
    }

    /** False when it has to wait. */
    private boolean take(Source source, StreamMessage message, boolean mirroring) {
        long sequence = stream.index().last() + 1;
        byte[] headers = message.headers();
        if (mirroring) {
            if (stream.index().last() == 0 && message.sequence() > 1) {
                if (!stream.mayRebase()) {
                    return false;
                }
                stream.goOnWith(message.sequence());
            }
            sequence = message.sequence();
        } else {
            headers = HeaderBlock.withoutPrefix(headers, MsgHeaders.EXPECTED);
            headers = HeaderBlock.without(headers, MsgHeaders.SOURCE);
            headers =
                    HeaderBlock.with(
                            headers,
                            MsgHeaders.SOURCE,
                            source.shown
                                    + ' '
                                    + message.sequence()
                                    + source.key.substring(source.shown.length())
                                    + ' '
                                    + message.subject());
        }
        Draft draft =
                new Draft(
                        stream.transformed(source.mapped(message.subject())),
                        headers,
                        message.payload());
        if (!mirroring && stream.config().counter() && HeaderBlock.has(headers, MsgHeaders.INCR)) {
            if (!count(source, message, draft)) {
                return false;
            }
        }
        if (stream.config().fields().flag("allow_msg_ttl")) {
            draft.ttlMillis =
                    Math.max(MsgHeaders.NEVER, MsgHeaders.ttl(message.header(MsgHeaders.TTL)));
        }
        source.next = message.sequence() + 1;
        source.read = message.sequence();
        if (mirroring) {
            stream.store(draft, draft.fill(lent), sequence, message.time(), failure -> {});
        } else {
            positions.put(source.key, message.sequence());
            stream.store(draft, draft.fill(lent), failure -> {});
        }
        return true;
    }

    /** False when the counter's last value must be read first. */
    private boolean count(Source source, StreamMessage message, Draft draft) {
        SubjectEntry entry = stream.index().entry(draft.subject);
        StreamMessage last = entry == null ? null : stream.log().cached(entry.last());
        if (entry != null && last == null) {
            stream.log()
                    .fetch(
                            entry.last(),
                            found -> {
                                if (found == null) {
                                    timer.within(RETRY);
                                } else {
                                    wake();
                                }
                            });
            return false;
        }
        try {
            stream.publishing()
                    .rules()
                    .countSourced(draft, source.shown, message.subject().toString(), last);
        } catch (ApiException broken) {
            LOG.atWarn()
                    .addKeyValue("stream", stream.name())
                    .addKeyValue("source", source.shown)
                    .addKeyValue("sequence", message.sequence())
                    .log("a counter cannot be read; it is kept as it came");
        }
        return true;
    }

    // What is told of it.

    /** The mirror as the stream's information has it; null when it is none. */
    public @Nullable ObjectNode mirrorInfo() {
        Source only = mirror;
        return only == null ? null : info(only);
    }

    public @Nullable ArrayNode sourcesInfo() {
        if (sources.isEmpty()) {
            return null;
        }
        ArrayNode all = Fields.MAPPER.createArrayNode();
        sources.forEach(source -> all.add(info(source)));
        return all;
    }

    private ObjectNode info(Source source) {
        ObjectNode info = Fields.MAPPER.createObjectNode();
        info.put("name", source.name);
        String filter = source.config.text("filter_subject");
        if (!filter.isEmpty()) {
            info.put("filter_subject", filter);
        }
        if (source.config.has("subject_transforms")) {
            info.set("subject_transforms", source.config.json().get("subject_transforms"));
        }
        if (source.config.has("external")) {
            info.set("external", source.config.json().get("external"));
        }
        Inlet inlet = source.inlet;
        if (inlet != null) {
            info.put("lag", inlet.lag());
            info.put("active", sinceNanos(inlet.activeAt()));
            if (inlet.error() != null) {
                info.set("error", inlet.error());
            }
            return info;
        }
        if (source.missing) {
            Errors.put(info, ApiError.STREAM_NOT_FOUND.exception());
        }
        Stream origin = source.origin;
        info.put("lag", origin == null ? 0 : lag(source, origin));
        info.put("active", sinceNanos(source.activeAt));
        return info;
    }

    private long sinceNanos(long elapsed) {
        return elapsed < 0 ? -1 : (parts.zone().elapsed() - elapsed) * StreamConfig.NANOS_PER_MILLI;
    }

    private static long lag(Source source, Stream origin) {
        long next = origin.index().next(source.next);
        return next == 0 ? 0 : origin.index().last() - next + 1;
    }
}
