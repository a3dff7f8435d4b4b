package io.polymq.cli;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Where the admin port is and who asks: options that every command over it has. A password had
 * better come from the environment or a prompt, since others can read a command line.
 */
final class AdminTarget {
    static final String URL = "POLYMQ_URL";
    static final String USER = "POLYMQ_USER";
    static final String PASSWORD = "POLYMQ_PASSWORD";
    static final String TOKEN = "POLYMQ_TOKEN";
    private static final String DEFAULT_URL = "http://127.0.0.1:9600";

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "the admin port; else $" + URL + ", else " + DEFAULT_URL)
    private @Nullable URI url;

    @Option(
            names = {"-u", "--user"},
            paramLabel = "USER[:PASSWORD]",
            description = "who asks; else $" + USER + ", and $" + PASSWORD + " for the password")
    private @Nullable String user;

    @Option(names = "--token", description = "a bearer token; else $" + TOKEN)
    private @Nullable String token;

    @Option(
            names = "--ca",
            paramLabel = "PEM",
            description =
                    "whom to trust, when the admin port speaks TLS with a certificate of your"
                            + " own")
    private @Nullable Path authority;

    @Option(names = "--tenant", description = "the name space, if not the user's own")
    private @Nullable String tenant;

    @Option(names = "--json", description = "answers as JSON")
    private boolean json;

    Printer printer(Session session) {
        return new Printer(session.out(), json);
    }

    AdminApi open(Session session) {
        Map<String, String> environment = session.environment();
        String from = environment.get(URL);
        URI base = url != null ? url : URI.create(from == null ? DEFAULT_URL : from);
        return new AdminApi(base, authorization(environment), tenant, Trust.of(authority));
    }

    private @Nullable String authorization(Map<String, String> environment) {
        String bearer = token != null ? token : user == null ? environment.get(TOKEN) : null;
        if (bearer != null) {
            return "Bearer " + bearer;
        }
        Login login = Login.of(user, environment);
        if (login == null) {
            return null;
        }
        byte[] pair = (login.user() + ':' + login.password()).getBytes(StandardCharsets.UTF_8);
        return "Basic " + Base64.getEncoder().encodeToString(pair);
    }
}
