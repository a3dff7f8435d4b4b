package io.polymq.meta.etcd;

import io.grpc.CallOptions;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.polymq.meta.MetadataStore.Lease;
import io.polymq.meta.proto.etcd.LeaseGrpc;
import io.polymq.meta.proto.etcd.LeaseKeepAliveRequest;
import io.polymq.meta.proto.etcd.LeaseKeepAliveResponse;
import io.polymq.meta.proto.etcd.LeaseRevokeRequest;
import io.polymq.meta.proto.etcd.LeaseRevokeResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lease and the virtual thread that renews it, three times within its life. Etcd counts from when
 * it saw the last renewal, we from when we sent it: so the lease is over here before it is over
 * there.
 */
final class EtcdLease implements Lease {

    private static final Logger LOG = LoggerFactory.getLogger(EtcdLease.class);
    private static final long RETRY_NANOS = Duration.ofMillis(200).toNanos();

    private final long id;
    private final long lifeNanos;
    private final Calls calls;
    private final Consumer<EtcdLease> onEnd;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final AtomicBoolean closed = new AtomicBoolean();
    private long validUntil;

    EtcdLease(long id, Duration timeToLive, long asked, Calls calls, Consumer<EtcdLease> onEnd) {
        this.id = id;
        this.lifeNanos = timeToLive.toNanos();
        this.validUntil = asked + lifeNanos;
        this.calls = calls;
        this.onEnd = onEnd;
    }

    void start() {
        Thread.ofVirtual().name("etcd-lease-" + id).start(this::run);
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public CompletableFuture<Void> ended() {
        return ended.copy();
    }

    private void run() {
        try {
            long pause = lifeNanos / 3;
            while (!closing.await(Math.min(pause, left()), TimeUnit.NANOSECONDS)) {
                if (left() <= 0) {
                    LOG.atWarn()
                            .addKeyValue("lease", id)
                            .log("a lease could not be renewed in time");
                    abandon();
                    return;
                }
                pause = renew() ? lifeNanos / 3 : RETRY_NANOS;
            }
        } catch (InterruptedException e) {
            LOG.atDebug().addKeyValue("lease", id).log("the renewal of a lease was interrupted");
            abandon();
        }
    }

    private long left() {
        return validUntil - System.nanoTime();
    }

    /** False when it has to be tried again soon. */
    private boolean renew() throws InterruptedException {
        long sent = System.nanoTime();
        Members.Choice member = calls.members().current();
        CompletableFuture<Long> answer = new CompletableFuture<>();
        try {
            ask(member, answer);
            long seconds = answer.get(Math.max(1, left()), TimeUnit.NANOSECONDS);
            if (seconds <= 0) {
                LOG.atWarn().addKeyValue("lease", id).log("etcd no longer knows a lease");
                abandon();
                closing.countDown();
            }
            validUntil = sent + TimeUnit.SECONDS.toNanos(seconds);
            return true;
        } catch (ExecutionException e) {
            Status status = Status.fromThrowable(e);
            if (Failures.isTokenRefused(status)) {
                calls.tokenRefused();
                calls.logIn();
            } else {
                calls.members().failed(member);
            }
            return false;
        } catch (TimeoutException e) {
            return false;
        }
    }

    private void ask(Members.Choice member, CompletableFuture<Long> answer) {
        long patience = Math.max(1, Math.min(left(), lifeNanos / 3));
        calls.lifetime()
                .run(
                        () -> {
                            StreamObserver<LeaseKeepAliveRequest> requests =
                                    ClientCalls.asyncBidiStreamingCall(
                                            calls.authorized(member.channel())
                                                    .newCall(
                                                            LeaseGrpc.getLeaseKeepAliveMethod(),
                                                            CallOptions.DEFAULT.withDeadlineAfter(
                                                                    patience,
                                                                    TimeUnit.NANOSECONDS)),
                                            new Renewal(answer));
                            requests.onNext(LeaseKeepAliveRequest.newBuilder().setId(id).build());
                            requests.onCompleted();
                        });
    }

    /** Takes the first answer. */
    private record Renewal(CompletableFuture<Long> answer)
            implements StreamObserver<LeaseKeepAliveResponse> {
        @Override
        public void onNext(LeaseKeepAliveResponse response) {
            answer.complete(response.getTtl());
        }

        @Override
        public void onError(Throwable failure) {
            answer.completeExceptionally(failure);
        }

        @Override
        public void onCompleted() {
            answer.completeExceptionally(Status.UNAVAILABLE.asException());
        }
    }

    /** Revokes; when etcd cannot be reached the lease ends by itself. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        closing.countDown();
        LeaseRevokeRequest request = LeaseRevokeRequest.newBuilder().setId(id).build();
        calls.<LeaseRevokeRequest, LeaseRevokeResponse>call(
                        LeaseGrpc.getLeaseRevokeMethod(), request, Calls.Repeat.HARMLESS)
                .whenComplete(
                        (done, failure) -> {
                            if (failure != null) {
                                LOG.atDebug()
                                        .addKeyValue("lease", id)
                                        .setCause(failure)
                                        .log("a lease was not revoked and will run out");
                            }
                            abandon();
                        });
    }

    /** It is over for its holder, whatever etcd knows of it. */
    void abandon() {
        onEnd.accept(this);
        ended.complete(null);
    }
}
