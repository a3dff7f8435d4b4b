package io.polymq.meta.etcd;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ClientStreamTracer;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.polymq.meta.MetadataException;
import io.polymq.meta.MetadataException.Reason;
import io.polymq.meta.proto.etcd.AuthGrpc;
import io.polymq.meta.proto.etcd.AuthenticateRequest;
import io.polymq.meta.proto.etcd.AuthenticateResponse;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Unary calls: the next member is tried when one fails, until the operation's time is up. What may
 * have reached a member is tried again only when doing it twice is the same as doing it once.
 * Shared.
 */
final class Calls implements AutoCloseable {

    private static final Metadata.Key<String> TOKEN =
            Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);
    private static final long PAUSE_MILLIS = 50;

    /** Whether a call may be sent twice. */
    enum Repeat {
        HARMLESS,
        NEVER
    }

    private final EtcdSettings settings;
    private final Members members;
    private final Semaphore inFlight;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("polymq-etcd-timer").daemon().factory());
    private final Context.CancellableContext lifetime = Context.ROOT.withCancellation();
    private final Set<CompletableFuture<?>> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;
    private volatile @Nullable String token;
    private @Nullable CompletableFuture<Void> login;

    Calls(EtcdSettings settings, Members members) {
        this.settings = settings;
        this.members = members;
        this.inFlight = new Semaphore(settings.maxInFlight());
    }

    Members members() {
        return members;
    }

    Context.CancellableContext lifetime() {
        return lifetime;
    }

    <Q, R> CompletableFuture<R> call(MethodDescriptor<Q, R> method, Q request, Repeat repeat) {
        CompletableFuture<R> answer = new CompletableFuture<>();
        if (!inFlight.tryAcquire()) {
            answer.completeExceptionally(
                    new MetadataException(
                            Reason.UNAVAILABLE, "too many metadata operations are under way"));
            return answer;
        }
        open.add(answer);
        answer.whenComplete(
                (r, e) -> {
                    open.remove(answer);
                    inFlight.release();
                });
        long end = System.nanoTime() + settings.operationTimeout().toNanos();
        new Attempt<>(method, request, repeat, end, answer).start();
        if (closed) {
            answer.completeExceptionally(closedException());
        }
        return answer;
    }

    static MetadataException closedException() {
        return new MetadataException(Reason.CLOSED, "the metadata store is closed");
    }

    /** The channel with what every call has to carry. */
    Channel authorized(Channel channel) {
        String known = token;
        if (known == null) {
            return channel;
        }
        Metadata headers = new Metadata();
        headers.put(TOKEN, known);
        return ClientInterceptors.intercept(
                channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    boolean mustLogIn() {
        return settings.user() != null && token == null;
    }

    /** Forgets a token that etcd no longer takes. */
    void tokenRefused() {
        token = null;
    }

    /** Gets a token, for all who need one at the moment. */
    synchronized CompletableFuture<Void> logIn() {
        CompletableFuture<Void> running = login;
        if (running != null && !running.isDone()) {
            return running;
        }
        AuthenticateRequest request =
                AuthenticateRequest.newBuilder()
                        .setName(String.valueOf(settings.user()))
                        .setPassword(String.valueOf(settings.password()))
                        .build();
        CompletableFuture<Void> started =
                this.<AuthenticateRequest, AuthenticateResponse>call(
                                AuthGrpc.getAuthenticateMethod(), request, Repeat.HARMLESS)
                        .thenAccept(response -> token = response.getToken());
        login = started;
        return started;
    }

    /** One operation and its tries. */
    private final class Attempt<Q, R> implements StreamObserver<R> {
        private final MethodDescriptor<Q, R> method;
        private final Q request;
        private final Repeat repeat;
        private final long end;
        private final CompletableFuture<R> answer;
        private final AtomicBoolean sent = new AtomicBoolean();
        private volatile Members.@Nullable Choice choice;
        private volatile boolean loggedInAnew;

        Attempt(
                MethodDescriptor<Q, R> method,
                Q request,
                Repeat repeat,
                long end,
                CompletableFuture<R> answer) {
            this.method = method;
            this.request = request;
            this.repeat = repeat;
            this.end = end;
            this.answer = answer;
        }

        void start() {
            if (mustLogIn() && !method.equals(AuthGrpc.getAuthenticateMethod())) {
                logIn().whenComplete((done, failure) -> proceed(failure));
            } else {
                proceed(null);
            }
        }

        private void proceed(@Nullable Throwable loginFailure) {
            if (loginFailure != null) {
                answer.completeExceptionally(causeOf(loginFailure));
                return;
            }
            try {
                send();
            } catch (MetadataException e) {
                answer.completeExceptionally(e);
            }
        }

        private void send() {
            Members.Choice chosen = members.current();
            choice = chosen;
            sent.set(false);
            long left =
                    Math.max(
                            1,
                            Math.min(end - System.nanoTime(), settings.attemptTimeout().toNanos()));
            CallOptions options =
                    CallOptions.DEFAULT
                            .withDeadlineAfter(left, TimeUnit.NANOSECONDS)
                            .withStreamTracerFactory(new SentMark(sent));
            lifetime.run(
                    () ->
                            ClientCalls.asyncUnaryCall(
                                    authorized(chosen.channel()).newCall(method, options),
                                    request,
                                    this));
        }

        @Override
        public void onNext(R response) {
            answer.complete(response);
        }

        @Override
        public void onCompleted() {
            if (!answer.isDone()) {
                answer.completeExceptionally(
                        new MetadataException(Reason.UNKNOWN_OUTCOME, "etcd gave no answer"));
            }
        }

        @Override
        public void onError(Throwable failure) {
            if (closed) {
                answer.completeExceptionally(closedException());
                return;
            }
            Status status = Status.fromThrowable(failure);
            boolean nothingHappened = !sent.get() || Failures.saysNothingHappened(status);
            if (Failures.isTokenRefused(status) && settings.user() != null && !loggedInAnew) {
                loggedInAnew = true;
                tokenRefused();
                start();
            } else if (Failures.isMembersFault(status)) {
                Members.Choice tried = choice;
                if (tried != null) {
                    members.failed(tried);
                }
                if (!nothingHappened && repeat == Repeat.NEVER) {
                    answer.completeExceptionally(Failures.unknown(status));
                } else {
                    again(status);
                }
            } else {
                answer.completeExceptionally(Failures.of(status));
            }
        }

        private void again(Status last) {
            long pause = TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS);
            if (System.nanoTime() + pause >= end) {
                answer.completeExceptionally(Failures.unavailable(last));
                return;
            }
            after(PAUSE_MILLIS, this::start);
        }
    }

    private static Throwable causeOf(Throwable failure) {
        return failure.getCause() == null ? failure : failure.getCause();
    }

    /** Runs it later, on a virtual thread; not at all once closed. */
    private void after(long millis, Runnable task) {
        try {
            timer.schedule(() -> Thread.startVirtualThread(task), millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            assert closed : "the timer only ends with the store";
        }
    }

    /** Notes when a call leaves for a member; one that never did cannot have done anything. */
    private static final class SentMark extends ClientStreamTracer.Factory {
        private final AtomicBoolean sent;

        SentMark(AtomicBoolean sent) {
            this.sent = sent;
        }

        @Override
        public ClientStreamTracer newClientStreamTracer(
                ClientStreamTracer.StreamInfo info, Metadata headers) {
            return new ClientStreamTracer() {
                @Override
                public void outboundMessage(int sequence) {
                    sent.set(true);
                }
            };
        }
    }

    @Override
    public void close() {
        closed = true;
        timer.shutdownNow();
        lifetime.cancel(null);
        open.forEach(answer -> answer.completeExceptionally(closedException()));
    }
}
