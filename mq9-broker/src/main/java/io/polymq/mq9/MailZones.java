package io.polymq.mq9;

import io.polymq.core.zone.ShardZone;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Gives each mailbox to a zone by its name, for good. Any thread. */
final class MailZones {

    private static final int SPREAD = 0x9E3779B9;
    private final List<MailZone> zones = new ArrayList<>();

    MailZones(List<ShardZone> shardZones, Mq9BrokerServerParams params) {
        for (ShardZone zone : shardZones) {
            zones.add(new MailZone(zone, params));
        }
    }

    MailZone of(String key) {
        return zones.get(Math.floorMod(key.hashCode() * SPREAD >>> 8, zones.size()));
    }

    MailZone first() {
        return zones.getFirst();
    }

    void forEach(Consumer<MailZone> action) {
        zones.forEach(action);
    }
}
