package io.polymq.core.security.login;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Checks that went well lately, so that a client which comes back costs one keyed hash instead of a
 * slow or remote check. Secrets are kept only as hashes under a key that lives as long as this
 * process. Bounded: the longest unused goes first. Shared.
 */
public final class RememberedLogins<T> {

    private record Remembered<T>(T value, Instant until) {}

    private final SecretKeySpec key;
    private final Duration life;
    private final InstantSource clock;
    private final Map<String, Remembered<T>> byHash;

    public RememberedLogins(int most, Duration life, InstantSource clock, SecureRandom random) {
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        this.key = new SecretKeySpec(secret, "HmacSHA256");
        this.life = life;
        this.clock = clock;
        this.byHash =
                new LinkedHashMap<>(64, 0.75f, true) {
                    private static final long serialVersionUID = 1L;

                    @Override
                    protected boolean removeEldestEntry(Map.Entry<String, Remembered<T>> eldest) {
                        return size() > most;
                    }
                };
    }

    /** What to look the login up by. */
    public String hash(byte[] secret, String... about) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            for (String part : about) {
                byte[] bytes = part.getBytes(UTF_8);
                mac.update(new byte[] {(byte) (bytes.length >> 8), (byte) bytes.length});
                mac.update(bytes);
            }
            return HexFormat.of().formatHex(mac.doFinal(secret));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }

    public synchronized @Nullable T find(String hash) {
        Remembered<T> found = byHash.get(hash);
        if (found == null) {
            return null;
        }
        if (found.until().isBefore(clock.instant())) {
            byHash.remove(hash);
            return null;
        }
        return found.value();
    }

    public synchronized void remember(String hash, T value) {
        if (!life.isZero()) {
            byHash.put(hash, new Remembered<>(value, clock.instant().plus(life)));
        }
    }

    public synchronized void forgetAll() {
        byHash.clear();
    }

    public synchronized int size() {
        return byHash.size();
    }
}
