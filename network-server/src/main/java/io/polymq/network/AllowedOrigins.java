package io.polymq.network;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The pages that may open a WebSocket. Browsers name a page's origin in the handshake (RFC 6455,
 * 10.2), since they let any page connect anywhere with what the user is logged in with; who names
 * none is no browser and could write what it likes. Shared zone: immutable.
 */
final class AllowedOrigins {

    /** The setting that stands for the host and port that the handshake itself was sent to. */
    private static final String SAME = "same";

    private final Set<String> origins;

    AllowedOrigins(List<String> setting) {
        this.origins = Set.copyOf(setting.stream().map(AllowedOrigins::plain).toList());
    }

    /**
     * @param named the values of all Origin headers
     * @param host the Host header
     */
    boolean allow(List<String> named, @Nullable String host) {
        return origins.isEmpty() || named.stream().allMatch(origin -> allow(origin, host));
    }

    private boolean allow(String origin, @Nullable String host) {
        String plain = plain(origin);
        if (origins.contains(plain)) {
            return true;
        }
        int scheme = plain.indexOf("://");
        return origins.contains(SAME)
                && host != null
                && scheme > 0
                && plain.equals(plain(plain.substring(0, scheme + 3) + host));
    }

    /** In small letters and without the port that the scheme has anyway. */
    private static String plain(String origin) {
        String small = origin.strip().toLowerCase(Locale.ROOT);
        try {
            URI uri = new URI(small);
            boolean usual =
                    "http".equals(uri.getScheme()) && uri.getPort() == 80
                            || "https".equals(uri.getScheme()) && uri.getPort() == 443;
            return usual ? small.substring(0, small.lastIndexOf(':')) : small;
        } catch (URISyntaxException e) {
            return small;
        }
    }
}
