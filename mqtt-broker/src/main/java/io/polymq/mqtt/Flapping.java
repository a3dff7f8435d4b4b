package io.polymq.mqtt;

import java.time.InstantSource;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Bans clients that come and go all the time. Remembers the last few thousand clients that were
 * disconnected. Any thread; asked once per connection.
 */
final class Flapping {

    private static final int REMEMBERED = 16_384;

    private final int limit;
    private final long windowMillis;
    private final long banMillis;
    private final InstantSource clock;
    private final Map<SessionKey, Record> clients = new LinkedHashMap<>();

    private static final class Record {
        long since;
        int count;
        long bannedUntil;
    }

    Flapping(MqttSettings settings, InstantSource clock) {
        limit = settings.flappingCount();
        windowMillis = settings.flappingWindow().toMillis();
        banMillis = settings.flappingBan().toMillis();
        this.clock = clock;
    }

    synchronized boolean isBanned(SessionKey client) {
        Record record = clients.get(client);
        return record != null && clock.millis() < record.bannedUntil;
    }

    synchronized void disconnected(SessionKey client) {
        if (limit == 0) {
            return;
        }
        long now = clock.millis();
        Record record = clients.computeIfAbsent(client, c -> new Record());
        if (now - record.since > windowMillis) {
            record.since = now;
            record.count = 0;
        }
        if (++record.count >= limit) {
            record.bannedUntil = now + banMillis;
            record.count = 0;
        }
        if (clients.size() > REMEMBERED) {
            Iterator<Record> oldest = clients.values().iterator();
            oldest.next();
            oldest.remove();
        }
    }
}
