package io.polymq.core.admin;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request to the admin port, read whole. Immutable.
 *
 * @param path the whole path, decoded
 * @param below what follows the pages' own path, still encoded; empty, or beginning with a slash
 * @param query decoded; of a repeated name the last
 * @param headers by names in lower case; of a repeated one the first
 * @param who asks; anonymous where no login was needed
 */
public record AdminRequest(
        String method,
        String path,
        String below,
        Map<String, String> query,
        Map<String, String> headers,
        byte[] body,
        Principal who,
        Credentials.Peer peer) {

    public AdminRequest {
        query = Map.copyOf(query);
        headers = Map.copyOf(headers);
    }

    public @Nullable String header(String lowerCaseName) {
        return headers.get(lowerCaseName);
    }
}
