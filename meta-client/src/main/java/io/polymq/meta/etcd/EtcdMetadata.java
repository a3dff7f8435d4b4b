package io.polymq.meta.etcd;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.polymq.meta.ClientPool;
import io.polymq.meta.MetadataException;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.Transaction;
import io.polymq.meta.proto.etcd.Compare;
import io.polymq.meta.proto.etcd.DeleteRangeRequest;
import io.polymq.meta.proto.etcd.KVGrpc;
import io.polymq.meta.proto.etcd.LeaseGrantRequest;
import io.polymq.meta.proto.etcd.LeaseGrantResponse;
import io.polymq.meta.proto.etcd.LeaseGrpc;
import io.polymq.meta.proto.etcd.PutRequest;
import io.polymq.meta.proto.etcd.RangeRequest;
import io.polymq.meta.proto.etcd.RangeResponse;
import io.polymq.meta.proto.etcd.RequestOp;
import io.polymq.meta.proto.etcd.TxnRequest;
import io.polymq.meta.proto.etcd.TxnResponse;
import io.polymq.meta.proto.mvcc.KeyValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The metadata store on etcd. Reads are linearizable; large ranges come in pages of one revision.
 * Shared. The channels belong to the pool, and stay open when this is closed.
 */
public final class EtcdMetadata implements MetadataStore {

    private static final int PAGE = 250;
    private static final Duration GOODBYE = Duration.ofSeconds(2);

    private final Calls calls;
    private final Keys keys;
    private final Set<EtcdWatch> watches = ConcurrentHashMap.newKeySet();
    private final Set<EtcdLease> leases = ConcurrentHashMap.newKeySet();
    private boolean closed;

    private EtcdMetadata(EtcdSettings settings, ClientPool pool) {
        this.calls = new Calls(settings, new Members(pool, settings.endpoints()));
        this.keys = new Keys(settings.keyPrefix());
    }

    /** Connects when first used. */
    public static EtcdMetadata open(EtcdSettings settings, ClientPool pool) {
        return new EtcdMetadata(settings, pool);
    }

    @Override
    public CompletableFuture<Entry> get(String key) {
        RangeRequest request = RangeRequest.newBuilder().setKey(keys.key(key)).build();
        return calls.<RangeRequest, RangeResponse>call(
                        KVGrpc.getRangeMethod(), request, Calls.Repeat.HARMLESS)
                .thenApply(
                        response ->
                                response.getKvsCount() == 0
                                        ? Entry.ABSENT
                                        : entry(response.getKvs(0)));
    }

    private Entry entry(KeyValue pair) {
        return new Entry(
                keys.name(pair.getKey()),
                pair.getValue().toByteArray(),
                pair.getCreateRevision(),
                pair.getModRevision(),
                pair.getLease());
    }

    @Override
    public CompletableFuture<Range> range(String prefix) {
        return page(prefix, keys.from(prefix), 0, new ArrayList<>());
    }

    private CompletableFuture<Range> page(
            String prefix, ByteString from, long revision, List<Entry> found) {
        RangeRequest request =
                RangeRequest.newBuilder()
                        .setKey(from)
                        .setRangeEnd(keys.end(prefix))
                        .setLimit(PAGE)
                        .setRevision(revision)
                        .build();
        return calls.<RangeRequest, RangeResponse>call(
                        KVGrpc.getRangeMethod(), request, Calls.Repeat.HARMLESS)
                .handle(
                        (response, failure) -> {
                            if (failure != null) {
                                return revision != 0 && Failures.isCompacted(failure)
                                        ? range(prefix)
                                        : CompletableFuture.<Range>failedFuture(failure);
                            }
                            return nextPage(prefix, revision, found, response);
                        })
                .thenCompose(next -> next);
    }

    private CompletableFuture<Range> nextPage(
            String prefix, long revision, List<Entry> found, RangeResponse response) {
        long as = revision == 0 ? response.getHeader().getRevision() : revision;
        response.getKvsList().forEach(pair -> found.add(entry(pair)));
        if (!response.getMore() || response.getKvsCount() == 0) {
            return CompletableFuture.completedFuture(new Range(found, as));
        }
        ByteString last = response.getKvs(response.getKvsCount() - 1).getKey();
        return page(prefix, Keys.after(last), as, found);
    }

    @Override
    public CompletableFuture<Outcome> commit(Transaction transaction) {
        TxnRequest.Builder request = TxnRequest.newBuilder();
        for (Transaction.Guard guard : transaction.guards()) {
            request.addCompare(
                    Compare.newBuilder()
                            .setResult(Compare.CompareResult.EQUAL)
                            .setTarget(Compare.CompareTarget.MOD)
                            .setKey(keys.key(guard.key()))
                            .setModRevision(guard.modRevision()));
        }
        for (Transaction.Operation operation : transaction.operations()) {
            request.addSuccess(requested(operation));
        }
        Calls.Repeat repeat =
                transaction.operations().isEmpty() ? Calls.Repeat.HARMLESS : Calls.Repeat.NEVER;
        return calls.<TxnRequest, TxnResponse>call(KVGrpc.getTxnMethod(), request.build(), repeat)
                .thenApply(
                        response ->
                                new Outcome(
                                        response.getSucceeded(),
                                        response.getHeader().getRevision()));
    }

    private RequestOp requested(Transaction.Operation operation) {
        RequestOp.Builder request = RequestOp.newBuilder();
        switch (operation) {
            case Transaction.Put put ->
                    request.setRequestPut(
                            PutRequest.newBuilder()
                                    .setKey(keys.key(put.key()))
                                    .setValue(UnsafeByteOperations.unsafeWrap(put.value()))
                                    .setLease(put.lease()));
            case Transaction.Delete delete ->
                    request.setRequestDeleteRange(
                            DeleteRangeRequest.newBuilder().setKey(keys.key(delete.key())));
            case Transaction.DeletePrefix wide ->
                    request.setRequestDeleteRange(
                            DeleteRangeRequest.newBuilder()
                                    .setKey(keys.from(wide.key()))
                                    .setRangeEnd(keys.end(wide.key())));
        }
        return request.build();
    }

    @Override
    public Watch watch(String prefix, long fromRevision, Watcher watcher) {
        EtcdWatch watch =
                new EtcdWatch(
                        prefix, fromRevision, watcher, calls, keys, this::range, watches::remove);
        synchronized (watches) {
            if (closed) {
                throw Calls.closedException();
            }
            watches.add(watch);
        }
        watch.start();
        return watch;
    }

    @Override
    public CompletableFuture<Lease> lease(Duration timeToLive) {
        long seconds = Math.max(1, timeToLive.plusMillis(999).toSeconds());
        LeaseGrantRequest request = LeaseGrantRequest.newBuilder().setTtl(seconds).build();
        long asked = System.nanoTime();
        return calls.<LeaseGrantRequest, LeaseGrantResponse>call(
                        LeaseGrpc.getLeaseGrantMethod(), request, Calls.Repeat.HARMLESS)
                .thenApply(response -> started(response, asked));
    }

    private Lease started(LeaseGrantResponse response, long asked) {
        if (!response.getError().isEmpty()) {
            throw new MetadataException(
                    MetadataException.Reason.REFUSED, "etcd refused: " + response.getError());
        }
        EtcdLease lease =
                new EtcdLease(
                        response.getId(),
                        Duration.ofSeconds(response.getTtl()),
                        asked,
                        calls,
                        leases::remove);
        synchronized (watches) {
            if (closed) {
                lease.abandon();
                return lease;
            }
            leases.add(lease);
        }
        lease.start();
        return lease;
    }

    @Override
    public void close() {
        synchronized (watches) {
            if (closed) {
                return;
            }
            closed = true;
        }
        watches.forEach(EtcdWatch::close);
        List<CompletableFuture<Void>> goodbyes = new ArrayList<>();
        for (EtcdLease lease : leases) {
            lease.close();
            goodbyes.add(lease.ended());
        }
        try {
            CompletableFuture.allOf(goodbyes.toArray(CompletableFuture[]::new))
                    .get(GOODBYE.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            leases.forEach(EtcdLease::abandon);
        } catch (InterruptedException e) {
            leases.forEach(EtcdLease::abandon);
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a lease's end does not fail", e);
        } finally {
            calls.close();
        }
    }
}
