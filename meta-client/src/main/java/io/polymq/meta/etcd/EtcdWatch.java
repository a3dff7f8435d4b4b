package io.polymq.meta.etcd;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import io.polymq.meta.MetadataException;
import io.polymq.meta.MetadataStore.Change;
import io.polymq.meta.MetadataStore.Range;
import io.polymq.meta.MetadataStore.Watch;
import io.polymq.meta.MetadataStore.Watcher;
import io.polymq.meta.proto.etcd.WatchCreateRequest;
import io.polymq.meta.proto.etcd.WatchGrpc;
import io.polymq.meta.proto.etcd.WatchRequest;
import io.polymq.meta.proto.etcd.WatchResponse;
import io.polymq.meta.proto.mvcc.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A watch is one virtual thread with one stream. It asks for the next message when it has dealt
 * with the last one, so a slow watcher is held back by the stream's flow control and costs no
 * memory here; when etcd compacts what it has not heard yet, it hears the whole state.
 */
final class EtcdWatch implements Watch {

    private static final Logger LOG = LoggerFactory.getLogger(EtcdWatch.class);
    private static final Metadata.Key<String> HAS_LEADER =
            Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    private final String prefix;
    private final Watcher watcher;
    private final Calls calls;
    private final Keys keys;
    private final Function<String, CompletableFuture<Range>> range;
    private final Consumer<EtcdWatch> onClose;
    private final CountDownLatch closed = new CountDownLatch(1);
    private long next;
    private long heard;
    private long pauseNanos = FIRST_PAUSE.toNanos();
    private volatile @Nullable Stream current;

    EtcdWatch(
            String prefix,
            long next,
            Watcher watcher,
            Calls calls,
            Keys keys,
            Function<String, CompletableFuture<Range>> range,
            Consumer<EtcdWatch> onClose) {
        this.prefix = prefix;
        this.next = next;
        this.watcher = watcher;
        this.calls = calls;
        this.keys = keys;
        this.range = range;
        this.onClose = onClose;
    }

    void start() {
        Thread.ofVirtual().name("etcd-watch-" + prefix).start(this::run);
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    private void run() {
        try {
            while (!isClosed()) {
                if (next == 0 && !resync()) {
                    pause();
                    continue;
                }
                if (!follow()) {
                    pause();
                }
            }
        } catch (InterruptedException e) {
            LOG.atDebug().addKeyValue("prefix", prefix).log("a watch was interrupted");
        }
    }

    private void pause() throws InterruptedException {
        closed.await(pauseNanos, TimeUnit.NANOSECONDS);
        pauseNanos = Math.min(2 * pauseNanos, LONGEST_PAUSE.toNanos());
    }

    private boolean resync() throws InterruptedException {
        try {
            Range state = range.apply(prefix).get();
            next = state.revision() + 1;
            heard = state.revision();
            tell(() -> watcher.resync(state));
            return true;
        } catch (ExecutionException e) {
            LOG.atDebug()
                    .addKeyValue("prefix", prefix)
                    .setCause(e)
                    .log("the state for a watch could not be read, trying again");
            return false;
        }
    }

    /** One stream until it ends; whether to go on at once. */
    private boolean follow() throws InterruptedException {
        Members.Choice member;
        try {
            member = calls.members().current();
        } catch (MetadataException e) {
            return false;
        }
        Stream stream = new Stream();
        current = stream;
        open(member, stream);
        if (isClosed()) {
            stream.cancel();
        }
        while (true) {
            switch (stream.signals.take()) {
                case Message(WatchResponse last) when last.getCanceled() -> {
                    stream.cancel();
                    return ended(last);
                }
                case Message(WatchResponse response) -> {
                    if (!take(response)) {
                        stream.cancel();
                        return true;
                    }
                    stream.more();
                }
                case Broken(Throwable failure) -> {
                    return broken(member, failure);
                }
            }
        }
    }

    private void open(Members.Choice member, Stream stream) {
        Metadata headers = new Metadata();
        headers.put(HAS_LEADER, "true");
        WatchRequest request =
                WatchRequest.newBuilder()
                        .setCreateRequest(
                                WatchCreateRequest.newBuilder()
                                        .setKey(keys.from(prefix))
                                        .setRangeEnd(keys.end(prefix))
                                        .setStartRevision(next))
                        .build();
        Channel channel =
                ClientInterceptors.intercept(
                        calls.authorized(member.channel()),
                        MetadataUtils.newAttachHeadersInterceptor(headers));
        calls.lifetime()
                .run(
                        () ->
                                ClientCalls.asyncBidiStreamingCall(
                                                channel.newCall(
                                                        WatchGrpc.getWatchMethod(),
                                                        CallOptions.DEFAULT),
                                                stream)
                                        .onNext(request));
    }

    /** False when the server does not know what we have heard already. */
    private boolean take(WatchResponse response) {
        pauseNanos = FIRST_PAUSE.toNanos();
        if (response.getCreated()) {
            if (response.getHeader().getRevision() < heard) {
                next = 0;
                return false;
            }
            return true;
        }
        List<Event> events = response.getEventsList();
        for (int begin = 0; begin < events.size(); ) {
            long revision = events.get(begin).getKv().getModRevision();
            List<Change> changes = new ArrayList<>();
            int end = begin;
            while (end < events.size() && events.get(end).getKv().getModRevision() == revision) {
                changes.add(change(events.get(end++)));
            }
            begin = end;
            next = revision + 1;
            heard = revision;
            tell(() -> watcher.changed(changes, revision));
        }
        return true;
    }

    private Change change(Event event) {
        boolean deleted = event.getType() == Event.EventType.DELETE;
        return new Change(
                keys.name(event.getKv().getKey()),
                event.getKv().getValue().toByteArray(),
                event.getKv().getModRevision(),
                deleted);
    }

    private boolean ended(WatchResponse last) {
        if (last.getCompactRevision() > 0) {
            next = 0;
            return true;
        }
        if (last.getCancelReason().contains("auth")) {
            calls.tokenRefused();
            calls.logIn();
        }
        LOG.atDebug()
                .addKeyValue("prefix", prefix)
                .addKeyValue("reason", last.getCancelReason())
                .log("etcd ended a watch, opening another");
        return false;
    }

    private boolean broken(Members.Choice member, Throwable failure) {
        Status status = Status.fromThrowable(failure);
        if (Failures.isTokenRefused(status)) {
            calls.tokenRefused();
            calls.logIn();
        } else if (!isClosed()) {
            calls.members().failed(member);
        }
        LOG.atDebug()
                .addKeyValue("prefix", prefix)
                .addKeyValue("status", status)
                .log("a watch lost its stream, opening another");
        return false;
    }

    /** A watcher's own failure must not end its watch. */
    private void tell(Runnable call) {
        if (isClosed()) {
            return;
        }
        try {
            call.run();
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("prefix", prefix).setCause(e).log("a watcher failed");
        }
    }

    @Override
    public void close() {
        closed.countDown();
        Stream running = current;
        if (running != null) {
            running.cancel();
        }
        onClose.accept(this);
    }

    /** What a stream brings. */
    private sealed interface Signal {}

    private record Message(WatchResponse response) implements Signal {}

    private record Broken(Throwable failure) implements Signal {}

    /** One message at a time, then the reason of its end. */
    private static final class Stream
            implements ClientResponseObserver<WatchRequest, WatchResponse> {
        final BlockingQueue<Signal> signals = new ArrayBlockingQueue<>(4);
        private volatile @Nullable ClientCallStreamObserver<WatchRequest> call;

        @Override
        public void beforeStart(ClientCallStreamObserver<WatchRequest> started) {
            call = started;
            started.disableAutoRequestWithInitial(1);
        }

        void more() {
            ClientCallStreamObserver<WatchRequest> running = call;
            if (running != null) {
                running.request(1);
            }
        }

        void cancel() {
            ClientCallStreamObserver<WatchRequest> running = call;
            if (running != null) {
                running.cancel("the watch is over", null);
            }
        }

        @Override
        public void onNext(WatchResponse response) {
            signals.add(new Message(response));
        }

        @Override
        public void onError(Throwable failure) {
            signals.add(new Broken(failure));
        }

        @Override
        public void onCompleted() {
            signals.add(new Broken(Status.UNAVAILABLE.asException()));
        }
    }
}
