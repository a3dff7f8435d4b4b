package io.polymq.nats.jetstream.stream;

import io.polymq.core.message.Message;
import io.polymq.core.subject.Subject;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.stream.Publishing.Draft;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Messages that say when another one is to be made of them; one for each subject. What is made is
 * stored in the same stream under the target's subject; a schedule that was due for the last time
 * leaves the stream. Shard zone.
 */
final class Scheduled {

    private record Due(long sequence, String schedule, long at) {}

    private final Stream stream;
    private final Timer timer;
    private final PriorityQueue<Due> dues =
            new PriorityQueue<>(java.util.Comparator.comparingLong(Due::at));
    private final Message lent = new Message();

    Scheduled(Stream stream, Parts parts) {
        this.stream = stream;
        this.timer = new Timer(parts.zone(), this::fire);
    }

    void recovered(Recovery found) {
        for (long sequence : found.schedules) {
            stream.fetch(
                    sequence,
                    message -> {
                        String schedule =
                                message == null ? null : message.header(MsgHeaders.SCHEDULE);
                        if (message != null && schedule != null) {
                            took(sequence, schedule, message.time());
                        }
                    });
        }
    }

    void took(long sequence, String schedule, long time) {
        long at = Schedule.next(schedule, time);
        if (at >= 0) {
            dues.add(new Due(sequence, schedule, at));
            arm();
        }
    }

    void close() {
        timer.stop();
    }

    private void arm() {
        Due first = dues.peek();
        if (first != null) {
            timer.within(first.at() - stream.now());
        }
    }

    private void fire() {
        for (Due due = dues.peek(); due != null && due.at() <= stream.now(); due = dues.peek()) {
            dues.remove();
            if (stream.index().has(due.sequence())) {
                Due now = due;
                stream.fetch(now.sequence(), found -> make(now, found));
            }
        }
        arm();
    }

    private void make(Due due, @Nullable StreamMessage from) {
        String target = from == null ? null : from.header(MsgHeaders.SCHEDULE_TARGET);
        if (from == null || target == null || !stream.isReady()) {
            return;
        }
        boolean once = Schedule.isOnce(due.schedule());
        long next = once ? -1 : Schedule.next(due.schedule(), stream.now());
        byte[] headers = HeaderBlock.withoutPrefix(from.headers(), MsgHeaders.SCHEDULE);
        headers = HeaderBlock.without(headers, MsgHeaders.TTL);
        headers = HeaderBlock.without(headers, MsgHeaders.ROLLUP);
        headers = HeaderBlock.withoutPrefix(headers, MsgHeaders.EXPECTED);
        headers = HeaderBlock.without(headers, MsgHeaders.MSG_ID);
        headers = HeaderBlock.with(headers, MsgHeaders.SCHEDULER, from.subject().toString());
        headers =
                HeaderBlock.with(
                        headers,
                        MsgHeaders.SCHEDULE_NEXT,
                        next < 0 ? "purge" : Fields.timeOfMillis(next));
        String ttl = from.header(MsgHeaders.SCHEDULE_TTL);
        if (ttl != null) {
            headers = HeaderBlock.with(headers, MsgHeaders.TTL, ttl);
        }
        Draft draft = new Draft(Subject.ofDotted(target), headers, from.payload());
        draft.ttlMillis = Math.max(MsgHeaders.NEVER, MsgHeaders.ttl(ttl));
        stream.store(draft, draft.fill(lent), failure -> {});
        if (next < 0) {
            stream.remove(due.sequence());
        } else {
            dues.add(new Due(due.sequence(), due.schedule(), next));
            arm();
        }
    }
}
