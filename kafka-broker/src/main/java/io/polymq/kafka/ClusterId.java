package io.polymq.kafka;

import io.polymq.meta.MetadataStore;
import io.polymq.meta.Transaction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;

/** The cluster's id: made once, then the same for the life of the data. */
final class ClusterId {

    private static final String KEY = "kafka/cluster-id";

    private ClusterId() {}

    static CompletableFuture<String> of(MetadataStore metadata) {
        return metadata.get(KEY)
                .thenCompose(
                        entry ->
                                entry.isPresent()
                                        ? CompletableFuture.completedFuture(
                                                new String(entry.value(), StandardCharsets.UTF_8))
                                        : make(metadata));
    }

    private static CompletableFuture<String> make(MetadataStore metadata) {
        String id = Uuid.randomUuid().toString();
        return metadata.commit(
                        Transaction.of(
                                List.of(new Transaction.Guard(KEY, 0)),
                                List.of(
                                        new Transaction.Put(
                                                KEY, id.getBytes(StandardCharsets.UTF_8), 0))))
                .thenCompose(
                        outcome ->
                                outcome.succeeded()
                                        ? CompletableFuture.completedFuture(id)
                                        : of(metadata));
    }
}
