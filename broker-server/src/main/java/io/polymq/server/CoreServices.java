package io.polymq.server;

import io.polymq.core.schema.Schemas;
import io.polymq.core.service.BrokerEvent;
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
        SlowConsumers slow = new SlowConsumers(SlowConsumers.Settings.DEFAULT, clock);
        slow.listen(listed -> tell(events, listed));
        return new CoreServices(events, slow, tenants, schemas);
    }

    private static void tell(BrokerEvents events, SlowConsumers.Slow slow) {
        if (events.isHeard()) {
            SlowConsumers.Consumer who = slow.consumer();
            events.tell(
                    new BrokerEvent.SlowConsumer(
                            slow.at(),
                            new BrokerEvent.Client(
                                    who.protocol(), who.tenant(), who.client(), "", ""),
                            slow.latencyMillis()));
        }
    }
}
