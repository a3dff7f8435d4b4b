package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.Within;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/** {@code [auth.http]}: a service decides. */
@Doc("A service decides: it gets the login as JSON and answers allow, deny or ignore.")
public record HttpLoginConfig(
        @Doc(value = "Where to POST.", example = "\"http://127.0.0.1:8000/login\"") String url,
        @Doc("Headers to send along.") Map<String, String> headers,
        @Doc("How long it may take to answer.") @Default("5s") Duration timeout,
        @Doc("Questions at once.") @Within(min = 1, max = 10_000) @Default("64") int atOnce,
        @Doc("How long an answer is remembered; 0s not at all.") @Default("1m") Duration remember) {

    public HttpLoginConfig {
        headers = Map.copyOf(headers);
        String scheme;
        try {
            scheme = URI.create(url).getScheme();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("has a url that is none: " + e.getMessage(), e);
        }
        if (!"http".equals(scheme) && !"https".equals(scheme)) {
            throw new IllegalArgumentException("needs a url that begins with http:// or https://");
        }
    }

    /** Headers may hold secrets. */
    @Override
    public String toString() {
        return "HttpLoginConfig[url=" + url + "]";
    }
}
