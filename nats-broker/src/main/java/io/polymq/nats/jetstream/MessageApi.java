package io.polymq.nats.jetstream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.nats.jetstream.api.ApiError;
import io.polymq.nats.jetstream.api.ApiException;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.api.Requests;
import io.polymq.nats.jetstream.api.StreamConfig;
import io.polymq.nats.jetstream.stream.HeaderBlock;
import io.polymq.nats.jetstream.stream.MessageIndex;
import io.polymq.nats.jetstream.stream.Stream;
import io.polymq.nats.jetstream.stream.StreamMessage;
import io.polymq.nats.jetstream.stream.SubjectEntry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Requests about single messages: get, delete, and direct get with its batches. Shard zone. */
final class MessageApi {

    private static final int MOST_RESULTS = 1024;

    private final JetStreamAccount account;

    MessageApi(JetStreamAccount account) {
        this.account = account;
    }

    /** False when it is not one of these. */
    boolean take(Call call) {
        if (!call.token(1).equals("MSG") || call.tokens() != 4) {
            return false;
        }
        switch (call.token(2)) {
            case "GET" -> get(call.as("stream_msg_get"));
            case "DELETE" -> delete(call.as("stream_msg_delete"));
            default -> {
                return false;
            }
        }
        return true;
    }

    private void get(Call call) {
        if (Requests.isEmpty(call.body())) {
            throw ApiError.BAD_REQUEST.exception();
        }
        Fields request = Requests.messageGet(call.body());
        Stream stream = StreamApi.stream(account, call.token(3));
        boolean sequence = request.number("seq") > 0;
        boolean last = request.has("last_by_subj");
        boolean next = request.has("next_by_subj");
        boolean time = request.has("start_time");
        if (!sequence && !last && !next && !time
                || last && (sequence || next || time)
                || time && sequence) {
            throw ApiError.BAD_REQUEST.exception();
        }
        long at = find(stream, request);
        if (at == 0) {
            throw ApiError.NO_MESSAGE_FOUND.exception();
        }
        stream.fetch(
                at,
                found -> {
                    if (found == null) {
                        call.refuse(ApiError.NO_MESSAGE_FOUND.exception());
                        return;
                    }
                    ObjectNode answer = call.answer();
                    ObjectNode message = answer.putObject("message");
                    message.put("subject", found.subject().toString());
                    message.put("seq", found.sequence());
                    Base64.Encoder base64 = Base64.getEncoder();
                    if (found.headers().length > 0 && !request.flag("no_hdr")) {
                        message.put("hdrs", base64.encodeToString(found.headers()));
                    }
                    if (found.payload().length > 0) {
                        message.put("data", base64.encodeToString(found.payload()));
                    }
                    message.put("time", Fields.timeOfMillis(found.time()));
                    call.send(answer);
                });
    }

    /** The sequence that a request means; 0 when there is none. */
    private static long find(Stream stream, Fields request) {
        MessageIndex index = stream.index();
        String last = request.text("last_by_subj");
        if (!last.isEmpty()) {
            return last(index, filter(last));
        }
        long from = request.number("seq");
        Instant time = request.time("start_time");
        if (time != null) {
            from = index.firstAt(Fields.millisFrom(time));
        }
        String next = request.text("next_by_subj");
        if (!next.isEmpty()) {
            return next(index, filter(next), Math.max(1, from));
        }
        if (time != null) {
            return index.next(from);
        }
        return index.has(from) ? from : 0;
    }

    private static long last(MessageIndex index, @Nullable Filter filter) {
        long[] found = {0};
        index.matching(filter, entry -> found[0] = Math.max(found[0], entry.last()));
        return found[0];
    }

    private static @Nullable Filter filter(String subject) {
        if (subject.equals(">")) {
            return null;
        }
        Filter filter = StreamConfig.filter(subject);
        if (filter == null) {
            throw ApiError.BAD_REQUEST.exception();
        }
        return filter;
    }

    private static long next(MessageIndex index, @Nullable Filter filter, long from) {
        Subject exact = filter == null ? null : filter.subject();
        if (exact != null) {
            SubjectEntry entry = index.entry(exact);
            return entry == null || entry.last() < from ? 0 : index.next(entry, from);
        }
        long at = index.next(from);
        while (at > 0 && filter != null && !filter.matches(index.entryAt(at).subject())) {
            at = index.next(at + 1);
        }
        return at;
    }

    private void delete(Call call) {
        Fields request = Requests.messageDelete(call.body());
        if (Requests.isEmpty(call.body())) {
            throw ApiError.BAD_REQUEST.exception();
        }
        Stream stream = StreamApi.stream(account, call.token(3));
        if (stream.config().sealed()) {
            throw ApiError.STREAM_SEALED.exception();
        }
        if (stream.config().fields().flag("deny_delete")) {
            throw ApiError.STREAM_MSG_DELETE_FAILED.exception("message delete not permitted");
        }
        long sequence = request.number("seq");
        if (sequence > stream.index().last()) {
            throw ApiError.STREAM_MSG_DELETE_FAILED.exception("stream store EOF");
        }
        if (!stream.index().has(sequence)) {
            throw ApiError.SEQUENCE_NOT_FOUND.exception(sequence);
        }
        stream.fetch(
                sequence,
                found -> {
                    stream.remove(sequence);
                    call.then(
                            request.flag("no_erase")
                                    ? stream.persistRemovals()
                                    : stream.erase(sequence),
                            ApiError.STREAM_MSG_DELETE_FAILED,
                            done -> call.success());
                });
    }

    // Direct get.

    void direct(Call call) {
        Subject reply = call.reply();
        Stream stream = account.streams().get(call.token(2));
        if (!call.token(1).equals("GET")
                || reply == null
                || stream == null
                || !stream.config().fields().flag("allow_direct")) {
            return;
        }
        if (call.tokens() > 3) {
            if (!Requests.isEmpty(call.body())) {
                status(reply, 408, "Bad Request");
                return;
            }
            Filter filter = StreamConfig.filter(call.rest(3));
            single(stream, reply, filter == null ? 0 : last(stream.index(), filter), false);
            return;
        }
        if (Requests.isEmpty(call.body())) {
            status(reply, 408, "Empty Request");
            return;
        }
        try {
            direct(stream, reply, Requests.messageGet(call.body()));
        } catch (ApiException malformed) {
            status(reply, 408, "Malformed Request");
        }
    }

    private void direct(Stream stream, Subject reply, Fields request) {
        boolean sequence = request.number("seq") > 0;
        boolean last = request.has("last_by_subj");
        boolean next = request.has("next_by_subj");
        boolean time = request.has("start_time");
        List<String> multi = request.texts("multi_last");
        if (multi.isEmpty() && !sequence && !last && !next && !time) {
            status(reply, 408, "Empty Request");
            return;
        }
        boolean bad =
                multi.isEmpty()
                        ? sequence && last
                                || sequence && time
                                || last && next
                                || last && (time || request.number("batch") > 0)
                        : sequence || last || next || time && request.has("up_to_time");
        bad |= request.has("up_to_seq") && request.has("up_to_time");
        if (bad) {
            status(reply, 408, "Bad Request");
            return;
        }
        if (!multi.isEmpty()) {
            multi(stream, reply, request, multi);
        } else if (request.number("batch") > 0) {
            batch(stream, reply, request);
        } else {
            single(stream, reply, find(stream, request), request.flag("no_hdr"));
        }
    }

    private void single(Stream stream, Subject reply, long sequence, boolean noHeaders) {
        if (sequence == 0) {
            status(reply, 404, "Message Not Found");
            return;
        }
        stream.fetch(
                sequence,
                found -> {
                    if (found == null) {
                        status(reply, 404, "Message Not Found");
                    } else {
                        account.outlet()
                                .send(reply, headers(stream, found, noHeaders), found.payload());
                    }
                });
    }

    private static byte[] headers(Stream stream, StreamMessage message, boolean noHeaders) {
        byte[] headers = noHeaders ? StreamMessage.NOTHING : message.headers();
        headers = HeaderBlock.with(headers, "Nats-Stream", stream.name());
        headers = HeaderBlock.with(headers, "Nats-Subject", message.subject().toString());
        headers = HeaderBlock.with(headers, "Nats-Sequence", Long.toString(message.sequence()));
        return HeaderBlock.with(headers, "Nats-Time-Stamp", Fields.timeOfMillis(message.time()));
    }

    private void batch(Stream stream, Subject reply, Fields request) {
        MessageIndex index = stream.index();
        String subject = request.text("next_by_subj");
        Filter filter = subject.isEmpty() ? null : filter(subject);
        long from = Math.max(1, request.number("seq"));
        Instant time = request.time("start_time");
        if (time != null) {
            from = index.firstAt(Fields.millisFrom(time));
        }
        List<Long> sequences = new ArrayList<>();
        long pending = 0;
        long most = request.number("batch");
        for (long at = next(index, filter, from); at > 0; at = next(index, filter, at + 1)) {
            if (sequences.size() < most) {
                sequences.add(at);
            } else {
                pending++;
            }
        }
        if (sequences.isEmpty()) {
            status(reply, 404, "No Results");
            return;
        }
        new DirectBatch(stream, reply, sequences, pending, request, 0).send();
    }

    private void multi(Stream stream, Subject reply, Fields request, List<String> subjects) {
        MessageIndex index = stream.index();
        long upTo = request.number("up_to_seq") > 0 ? request.number("up_to_seq") : index.last();
        Instant time = request.time("up_to_time");
        if (time != null) {
            upTo = index.firstAt(Fields.millisFrom(time)) - 1;
        }
        TreeSet<Long> found = new TreeSet<>();
        for (String subject : subjects) {
            for (SubjectEntry entry : index.matching(filter(subject))) {
                long last = lastUpTo(index, entry, upTo);
                if (last > 0) {
                    found.add(last);
                }
            }
            if (found.size() > MOST_RESULTS) {
                status(reply, 413, "Too Many Results");
                return;
            }
        }
        if (found.isEmpty()) {
            status(reply, 404, "No Results");
            return;
        }
        List<Long> sequences = new ArrayList<>(found);
        long most = request.number("batch");
        int taken = (int) (most > 0 ? Math.min(most, sequences.size()) : sequences.size());
        new DirectBatch(
                        stream,
                        reply,
                        sequences.subList(0, taken),
                        sequences.size() - taken,
                        request,
                        upTo)
                .send();
    }

    private static long lastUpTo(MessageIndex index, SubjectEntry entry, long upTo) {
        if (entry.last() <= upTo) {
            return entry.last();
        }
        long last = 0;
        for (long at = entry.first(); at > 0 && at <= upTo; at = index.next(entry, at + 1)) {
            last = at;
        }
        return last;
    }

    /** Messages one after the other, then the end. */
    private final class DirectBatch {

        private final Stream stream;
        private final Subject reply;
        private final List<Long> sequences;
        private final long more;
        private final Fields request;
        private final long upTo;
        private int at;
        private long bytes;
        private long lastSent;

        DirectBatch(
                Stream stream,
                Subject reply,
                List<Long> sequences,
                long more,
                Fields request,
                long upTo) {
            this.stream = stream;
            this.reply = reply;
            this.sequences = sequences;
            this.more = more;
            this.request = request;
            this.upTo = upTo;
        }

        void send() {
            while (at < sequences.size()) {
                long sequence = sequences.get(at);
                StreamMessage found = stream.cached(sequence);
                if (found == null && stream.index().has(sequence)) {
                    stream.fetchOnward(sequence, this::fetched);
                    return;
                }
                at++;
                if (found != null && !send(found)) {
                    return;
                }
            }
            end();
        }

        private void fetched(@Nullable StreamMessage found) {
            at++;
            if (found == null || send(found)) {
                send();
            }
        }

        /** False when that was the last one. */
        private boolean send(StreamMessage found) {
            long most = request.number("max_bytes");
            int size = found.payload().length + found.headers().length + found.subject().length();
            if (most > 0 && bytes + size > most && lastSent > 0) {
                at--;
                end();
                return false;
            }
            bytes += size;
            byte[] headers = headers(stream, found, request.flag("no_hdr"));
            headers = HeaderBlock.with(headers, "Nats-Num-Pending", Long.toString(left()));
            headers = HeaderBlock.with(headers, "Nats-Last-Sequence", Long.toString(lastSent));
            lastSent = found.sequence();
            return account.outlet().send(reply, headers, found.payload()) > 0;
        }

        private long left() {
            return more + sequences.size() - at;
        }

        private void end() {
            byte[] headers =
                    HeaderBlock.status(
                            204,
                            "EOB",
                            "Nats-Num-Pending",
                            Long.toString(left()),
                            "Nats-Last-Sequence",
                            Long.toString(lastSent));
            if (upTo > 0) {
                headers = HeaderBlock.with(headers, "Nats-UpTo-Sequence", Long.toString(upTo));
            }
            account.outlet().send(reply, headers, StreamMessage.NOTHING);
        }
    }

    private void status(Subject reply, int code, String text) {
        account.outlet().send(reply, HeaderBlock.status(code, text), StreamMessage.NOTHING);
    }
}
