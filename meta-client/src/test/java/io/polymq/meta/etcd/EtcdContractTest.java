package io.polymq.meta.etcd;

import io.polymq.meta.ClientPool;
import io.polymq.meta.MetadataContract;
import io.polymq.meta.MetadataStore;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

@Tag("peer")
class EtcdContractTest extends MetadataContract {

    @TempDir static Path directory;
    private static EtcdCluster etcd;
    private static ClientPool pool;
    private static int opened;

    @BeforeAll
    static void start() throws Exception {
        etcd = EtcdCluster.start(directory, 1);
        pool = new ClientPool(ClientPool.Settings.PLAIN);
    }

    @AfterAll
    static void stop() {
        pool.close();
        etcd.close();
    }

    @Override
    protected MetadataStore openStore() {
        return EtcdMetadata.open(EtcdSettings.of(etcd.endpoints(), "test" + opened++ + "/"), pool);
    }

    @Override
    protected void compact() throws Exception {
        etcd.ctl("compact", "" + done(store.range("")).revision());
    }
}
