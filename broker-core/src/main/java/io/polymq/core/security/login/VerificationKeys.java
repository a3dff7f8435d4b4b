package io.polymq.core.security.login;

import io.polymq.config.JwtConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.VerificationJwkSelector;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keys that tokens can be signed with: one that is configured, or a JSON Web Key Set. A set is read
 * again when its file changed or its time is over, and when a token names a key that is not in it,
 * but then not more often than every ten seconds; what was read last stays in use when reading
 * fails. Shared; may block, so for virtual threads.
 */
final class VerificationKeys implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(VerificationKeys.class);
    private static final int MOST_BYTES = 1 << 20;
    private static final Duration NOT_SOONER = Duration.ofSeconds(10);

    private final JwtConfig config;
    private final InstantSource clock;
    private final @Nullable Key fixed;
    private final @Nullable HttpClient http;
    private List<JsonWebKey> set = List.of();
    private Instant readAt = Instant.MIN;
    private FileTime fileTime = FileTime.fromMillis(0);

    VerificationKeys(JwtConfig config, InstantSource clock) {
        this.config = config;
        this.clock = clock;
        this.fixed = fixedKey(config);
        this.http =
                config.jwksUrl() == null
                        ? null
                        : HttpClient.newBuilder().connectTimeout(config.timeout()).build();
        if (config.jwksFile() != null) {
            try {
                readFile(config.jwksFile());
            } catch (IOException | JoseException e) {
                throw new IllegalArgumentException(
                        "auth.jwt: the key set in "
                                + config.jwksFile()
                                + " cannot be read: "
                                + e.getMessage(),
                        e);
            }
        }
    }

    private static @Nullable Key fixedKey(JwtConfig config) {
        if (config.secret() != null) {
            return new SecretKeySpec(
                    config.secret().value().getBytes(StandardCharsets.UTF_8), "HMAC");
        }
        return config.publicKey() == null ? null : publicKey(config.publicKey());
    }

    private static Key publicKey(Path file) {
        try {
            String pem = Files.readString(file);
            String begin = "-----BEGIN PUBLIC KEY-----";
            int from = pem.indexOf(begin);
            int to = pem.indexOf("-----END PUBLIC KEY-----");
            if (from < 0 || to < from) {
                throw new GeneralSecurityException("there is no PUBLIC KEY in it");
            }
            byte[] der = Base64.getMimeDecoder().decode(pem.substring(from + begin.length(), to));
            for (String type : List.of("RSA", "EC", "Ed25519")) {
                Key key = ofType(type, der);
                if (key != null) {
                    return key;
                }
            }
            throw new GeneralSecurityException("it is no RSA, EC or Ed25519 key");
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "auth.jwt: the public key in " + file + " cannot be read: " + e.getMessage(),
                    e);
        }
    }

    private static @Nullable Key ofType(String type, byte[] der) {
        try {
            return KeyFactory.getInstance(type).generatePublic(new X509EncodedKeySpec(der));
        } catch (GeneralSecurityException e) {
            return null;
        }
    }

    /** Null when none fits. */
    @Nullable Key find(JsonWebSignature token) throws IOException, JoseException {
        if (fixed != null) {
            return fixed;
        }
        boolean anew = refresh(false);
        JsonWebKey key = select(token);
        if (key == null && !anew && refresh(true)) {
            key = select(token);
        }
        return key == null ? null : key.getKey();
    }

    private @Nullable JsonWebKey select(JsonWebSignature token) throws JoseException {
        List<JsonWebKey> keys;
        synchronized (this) {
            keys = set;
        }
        return new VerificationJwkSelector().select(token, keys);
    }

    /** Whether the set was read anew. */
    private synchronized boolean refresh(boolean missing) throws IOException {
        Instant now = clock.instant();
        Duration life = missing ? NOT_SOONER : config.jwksRefresh();
        Path file = config.jwksFile();
        boolean changed = file != null && !Files.getLastModifiedTime(file).equals(fileTime);
        if (!changed && !set.isEmpty() && now.isBefore(readAt.plus(life))) {
            return false;
        }
        if (set.isEmpty() && now.isBefore(later(readAt, Duration.ofSeconds(1)))) {
            return false;
        }
        readAt = now;
        try {
            if (file != null) {
                readFile(file);
            } else {
                set = fetch();
            }
            return true;
        } catch (IOException | JoseException e) {
            LOG.atWarn()
                    .addKeyValue("reason", e.toString())
                    .log("the key set for tokens cannot be read");
            if (set.isEmpty()) {
                throw new IOException("no keys for tokens are known", e);
            }
            return false;
        }
    }

    private static Instant later(Instant at, Duration by) {
        return at.equals(Instant.MIN) ? at : at.plus(by);
    }

    private synchronized void readFile(Path file) throws IOException, JoseException {
        FileTime time = Files.getLastModifiedTime(file);
        if (Files.size(file) > MOST_BYTES) {
            throw new IOException("it is larger than " + MOST_BYTES + " bytes");
        }
        set = new JsonWebKeySet(Files.readString(file)).getJsonWebKeys();
        fileTime = time;
        readAt = clock.instant();
    }

    private List<JsonWebKey> fetch() throws IOException, JoseException {
        HttpClient client = http;
        if (client == null) {
            return List.of();
        }
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(String.valueOf(config.jwksUrl())))
                        .timeout(config.timeout())
                        .header("Accept", "application/json")
                        .build();
        try {
            HttpResponse<InputStream> response =
                    client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                byte[] bytes = body.readNBytes(MOST_BYTES + 1);
                if (response.statusCode() != 200 || bytes.length > MOST_BYTES) {
                    throw new IOException(
                            "the answer has status "
                                    + response.statusCode()
                                    + " and "
                                    + bytes.length
                                    + " bytes");
                }
                return new JsonWebKeySet(new String(bytes, StandardCharsets.UTF_8))
                        .getJsonWebKeys();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() {
        if (http != null) {
            http.shutdownNow();
        }
    }
}
