package io.polymq.core.security.login;

import io.polymq.core.security.rules.AddressRange;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes those wait who fail to log in too often: after so many failures in a row an address is not
 * heard for a pause, which doubles with every further failure up to a longest one. A success, or
 * quiet for as long as the longest pause, clears it. IPv6 counts by /64. Bounded: the address that
 * was longest quiet is forgotten first. Shared.
 */
public final class Backoff {

    private static final int ADDRESSES = 100_000;

    private static final class Failures {
        int inARow;
        Instant last = Instant.MIN;
        Instant deafUntil = Instant.MIN;
    }

    private final int tolerated;
    private final Duration firstPause;
    private final Duration longestPause;
    private final InstantSource clock;
    private final Map<String, Failures> byAddress =
            new LinkedHashMap<>(64, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Failures> eldest) {
                    return size() > ADDRESSES;
                }
            };

    /**
     * @param tolerated failures in a row before anybody waits; zero: nobody ever does
     */
    public Backoff(int tolerated, Duration firstPause, Duration longestPause, InstantSource clock) {
        this.tolerated = tolerated;
        this.firstPause = firstPause;
        this.longestPause = longestPause;
        this.clock = clock;
    }

    /** Whether this address has to wait, and for how long. */
    public synchronized Duration pause(SocketAddress from) {
        String key = key(from);
        Failures failures = key == null ? null : byAddress.get(key);
        if (failures == null) {
            return Duration.ZERO;
        }
        Duration left = Duration.between(clock.instant(), failures.deafUntil);
        return left.isPositive() ? left : Duration.ZERO;
    }

    public synchronized void failed(SocketAddress from) {
        String key = key(from);
        if (key == null || tolerated == 0) {
            return;
        }
        Instant now = clock.instant();
        Failures failures = byAddress.computeIfAbsent(key, k -> new Failures());
        if (failures.inARow > 0 && failures.last.plus(longestPause).isBefore(now)) {
            failures.inARow = 0;
        }
        failures.inARow++;
        failures.last = now;
        int beyond = failures.inARow - tolerated;
        if (beyond >= 0) {
            Duration pause = firstPause.multipliedBy(1L << Math.min(beyond, 20));
            failures.deafUntil = now.plus(pause.compareTo(longestPause) > 0 ? longestPause : pause);
        }
    }

    public synchronized void succeeded(SocketAddress from) {
        String key = key(from);
        if (key != null) {
            byAddress.remove(key);
        }
    }

    private static @Nullable String key(SocketAddress from) {
        InetAddress address = AddressRange.of(from);
        if (address == null) {
            return null;
        }
        byte[] bytes = address.getAddress();
        return HexFormat.of().formatHex(bytes.length == 16 ? Arrays.copyOf(bytes, 8) : bytes);
    }
}
