package io.polymq.meta.embedded;

import io.polymq.meta.MetadataContract;
import io.polymq.meta.MetadataStore;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedContractTest extends MetadataContract {

    private static final int HISTORY = 1_000;

    @TempDir Path directory;

    @Override
    protected MetadataStore openStore() {
        return EmbeddedMetadata.open(
                directory, new EmbeddedMetadata.Limits(HISTORY, 1 << 20, 65_536));
    }

    @Override
    protected void compact() {
        for (int i = 0; i < HISTORY; i++) {
            done(store.put("elsewhere", bytes("" + i)));
        }
    }
}
