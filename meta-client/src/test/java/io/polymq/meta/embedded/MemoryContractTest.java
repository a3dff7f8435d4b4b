package io.polymq.meta.embedded;

import io.polymq.meta.MetadataContract;
import io.polymq.meta.MetadataStore;

class MemoryContractTest extends MetadataContract {

    private static final int HISTORY = 1_000;

    @Override
    protected MetadataStore openStore() {
        return new MemoryMetadata(new EmbeddedMetadata.Limits(HISTORY, 1 << 20, 1));
    }

    @Override
    protected void compact() {
        for (int i = 0; i < HISTORY; i++) {
            done(store.put("elsewhere", bytes("" + i)));
        }
    }
}
