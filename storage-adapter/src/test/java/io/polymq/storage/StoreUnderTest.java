package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A store that contracts are tried on. */
abstract class StoreUnderTest {

    @TempDir Path folder;
    final ManualClock clock = new ManualClock(1_700_000_000_000L);
    ShardStore store;

    abstract ShardStore open(Path folder, ManualClock clock);

    /** Whether records outlive {@link #reopen}. */
    abstract boolean durable();

    @BeforeEach
    void openStore() {
        store = open(folder, clock);
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    void reopen() {
        store.close();
        store = open(folder, clock);
    }

    Shard shard(String name) throws Exception {
        return shard(name, ShardSpec.DEFAULT);
    }

    Shard shard(String name, ShardSpec spec) throws Exception {
        return store.create(name, spec).get(20, TimeUnit.SECONDS);
    }

    static long append(Shard shard, ByteBuffer batches) throws Exception {
        return shard.append(batches, Durability.SYNC).get(20, TimeUnit.SECONDS).baseOffset();
    }

    static void fails(StorageException.Kind kind, ThrowingCallable call) {
        assertThatThrownBy(call)
                .satisfies(
                        thrown -> {
                            Throwable cause =
                                    thrown instanceof ExecutionException
                                            ? thrown.getCause()
                                            : thrown;
                            assertThat(cause)
                                    .asInstanceOf(
                                            InstanceOfAssertFactories.type(StorageException.class))
                                    .extracting(StorageException::kind)
                                    .isEqualTo(kind);
                        });
    }
}
