package io.polymq.server;

import io.polymq.core.schema.Schemas;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.service.SlowConsumers;
import io.polymq.core.service.Tenants;
import io.polymq.core.zone.ShardZone;
import io.polymq.meta.NodeCache;
import io.polymq.network.Shutdown;
import java.time.InstantSource;

/** The small services beside messages, each made once. Immutable; any thread. */
record CoreServices(BrokerEvents events, SlowConsumers slow, Tenants tenants, Schemas schemas) {

    static CoreServices create(
            NodeCache cache, ShardZone zone, InstantSource clock, Shutdown shutdown) {
        BrokerEvents events = new BrokerEvents(zone);
        Tenants tenants = new Tenants(cache, events, clock);
        Ending.on(shutdown, Shutdown.Phase.CORE, "tenants", tenants);
        Schemas schemas = new Schemas(cache);
        Ending.on(shutdown, Shutdown.Phase.CORE, "schemas", schemas);
        tenants.ready().join();
        schemas.ready().join();
        return new CoreServices(
                events, new SlowConsumers(SlowConsumers.Settings.DEFAULT, clock), tenants, schemas);
    }
}
