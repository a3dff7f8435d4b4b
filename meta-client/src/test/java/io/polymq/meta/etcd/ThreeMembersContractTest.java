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
class ThreeMembersContractTest extends MetadataContract {

    @TempDir static Path directory;
    private static EtcdCluster etcd;
    private static ClientPool pool;
    private static int opened;

    @BeforeAll
    static void start() throws Exception {
        etcd = EtcdCluster.start(directory, 3);
        pool = new ClientPool(ClientPool.Settings.PLAIN);
    }

    @AfterAll
    static void stop() {
        pool.close();
        etcd.close();
    }

    /** A third of the contract in, one member dies and stays dead. */
    @Override
    protected MetadataStore openStore() throws Exception {
        if (opened == 8) {
            etcd.kill(0);
        }
        return EtcdMetadata.open(EtcdSettings.of(etcd.endpoints(), "test" + opened++ + "/"), pool);
    }

    @Override
    protected void compact() throws Exception {
        etcd.ctlOf(2, "compact", "" + done(store.range("")).revision());
    }
}
