package io.polymq.mqtt;

import io.netty.util.concurrent.EventExecutor;
import io.polymq.codec.mqtt.MqttDecoder;
import io.polymq.codec.mqtt.PublishView;
import io.polymq.core.message.Message;
import io.polymq.core.router.RouteCache;
import io.polymq.core.router.Router;
import io.polymq.core.subject.Subject;
import io.polymq.core.subject.SubjectCache;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One thread on which sessions live, and what they share there: a mailbox through which other
 * threads hand in messages, and buffers that are used again from packet to packet. Everything but
 * {@link #post}, {@link #run}, {@link #runAfterReading} and {@link #isHere} is for that thread.
 */
final class SessionZone {

    private static final int SUBJECTS = 8192;
    private static final int INPUT_BYTES = 64 << 10;
    private static final int DELIVERIES_PER_TURN = 1024;

    private final EventExecutor executor;
    private final Queue<Session> mailbox = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    private final RouteCache routes;
    private final SubjectCache subjects = new SubjectCache(SUBJECTS);
    private final Message incoming = new Message();
    private final Message replay = new Message();
    private final PublishView view = new PublishView();
    private final MqttDecoder decoder = new MqttDecoder();
    private @Nullable Subject lastValid;
    private byte[] input = new byte[0];
    private byte[] header = new byte[256];

    SessionZone(EventExecutor executor, Router router) {
        this.executor = executor;
        this.routes = router.newCache();
    }

    EventExecutor executor() {
        return executor;
    }

    boolean isHere() {
        return executor.inEventLoop();
    }

    void run(Runnable task) {
        executor.execute(task);
    }

    /**
     * Runs the task when the sockets of this thread were read once more: a plain task may run in
     * the turn that began before their bytes came.
     */
    void runAfterReading(Runnable task) {
        var unused = executor.schedule(task, 1, TimeUnit.MILLISECONDS);
    }

    /** Any thread: the session has one more piece of mail. */
    void post(Session session) {
        mailbox.add(session);
        if (scheduled.compareAndSet(false, true)) {
            executor.execute(this::drain);
        }
    }

    private void drain() {
        scheduled.set(false);
        for (int i = 0; i < DELIVERIES_PER_TURN; i++) {
            Session session = mailbox.poll();
            if (session == null) {
                return;
            }
            session.onMail();
        }
        if (!mailbox.isEmpty() && scheduled.compareAndSet(false, true)) {
            executor.execute(this::drain);
        }
    }

    RouteCache routes() {
        return routes;
    }

    SubjectCache subjects() {
        return subjects;
    }

    /** What is being published on this thread. */
    Message incoming() {
        return incoming;
    }

    /** A kept message that is being sent on this thread. */
    Message replay() {
        return replay;
    }

    PublishView view() {
        return view;
    }

    MqttDecoder decoder() {
        return decoder;
    }

    /** Whether this very subject was the last one found valid. */
    boolean isLastValid(Subject subject) {
        return lastValid == subject;
    }

    void lastValid(Subject subject) {
        lastValid = subject;
    }

    byte[] input() {
        if (input.length == 0) {
            input = new byte[INPUT_BYTES];
        }
        return input;
    }

    /** Room for a message's header. */
    byte[] header(int size) {
        if (header.length < size) {
            header = new byte[Integer.highestOneBit(size) * 2];
        }
        return header;
    }
}
