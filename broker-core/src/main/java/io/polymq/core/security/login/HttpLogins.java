package io.polymq.core.security.login;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.config.HttpLoginConfig;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.Reason;
import io.polymq.core.security.rules.AddressRange;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Asks a service. It is sent {@code {"protocol", "client_id", "address", "user", "password" or
 * "token"}} and answers 200 with {@code {"result": "allow" | "deny" | "ignore", "user", "tenant",
 * "groups", "admin"}}, all but the result optional; 204 allows as well, 401 and 403 deny. Anything
 * else is no answer, and nobody gets in by it. What was allowed is remembered for a while. Shared.
 */
public final class HttpLogins implements Authenticator, AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST_ANSWER = 1 << 16;
    private static final int WAITING = 10_000;
    private static final int REMEMBERED = 100_000;

    private final HttpLoginConfig config;
    private final HttpClient client;
    private final SlowChecks checks;
    private final RememberedLogins<Principal> remembered;

    public HttpLogins(HttpLoginConfig config, InstantSource clock, SecureRandom random) {
        this.config = config;
        this.client = HttpClient.newBuilder().connectTimeout(config.timeout()).build();
        this.checks = new SlowChecks(name(), config.atOnce(), WAITING, config.timeout());
        this.remembered = new RememberedLogins<>(REMEMBERED, config.remember(), clock, random);
    }

    @Override
    public String name() {
        return "http";
    }

    @Override
    public CompletionStage<Verdict> check(Credentials credentials) {
        byte[] secret =
                switch (credentials) {
                    case Credentials.Password login -> login.password();
                    case Credentials.Token token -> token.token().getBytes(UTF_8);
                    case Credentials.None none -> new byte[0];
                };
        if (credentials instanceof Credentials.None) {
            return CompletableFuture.completedFuture(Verdict.ABSTAIN);
        }
        Credentials.Peer peer = credentials.peer();
        String hash =
                remembered.hash(
                        secret,
                        claimedUser(credentials),
                        peer.protocol(),
                        peer.clientId(),
                        address(peer));
        Principal known = remembered.find(hash);
        if (known != null) {
            return CompletableFuture.completedFuture(new Verdict.Accept(known));
        }
        return checks.run(
                () -> {
                    Verdict verdict = ask(credentials);
                    if (verdict instanceof Verdict.Accept accept) {
                        remembered.remember(hash, accept.principal());
                    }
                    return verdict;
                });
    }

    private static String claimedUser(Credentials credentials) {
        return credentials instanceof Credentials.Password login ? login.user() : "";
    }

    private static String address(Credentials.Peer peer) {
        InetAddress address = AddressRange.of(peer.address());
        return address == null ? "" : address.getHostAddress();
    }

    private Verdict ask(Credentials credentials) throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(config.url()))
                        .timeout(config.timeout())
                        .header("Content-Type", "application/json")
                        .header("Accept", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(question(credentials)));
        config.headers().forEach(request::setHeader);
        HttpResponse<InputStream> response =
                client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            return switch (response.statusCode()) {
                case 200 -> answer(body.readNBytes(LONGEST_ANSWER + 1), claimedUser(credentials));
                case 204 -> accepted(JSON.createObjectNode(), claimedUser(credentials));
                case 401, 403 -> new Verdict.Refuse(Reason.BAD_CREDENTIALS, "the service denied");
                default ->
                        throw new IOException("it answered with status " + response.statusCode());
            };
        }
    }

    private static byte[] question(Credentials credentials) throws IOException {
        Credentials.Peer peer = credentials.peer();
        ObjectNode node = JSON.createObjectNode();
        node.put("protocol", peer.protocol());
        node.put("client_id", peer.clientId());
        node.put("address", address(peer));
        switch (credentials) {
            case Credentials.Password login -> {
                node.put("user", login.user());
                node.put("password", new String(login.password(), UTF_8));
            }
            case Credentials.Token token -> node.put("token", token.token());
            case Credentials.None none -> {}
        }
        return JSON.writeValueAsBytes(node);
    }

    private static Verdict answer(byte[] body, String claimed) throws IOException {
        if (body.length > LONGEST_ANSWER) {
            throw new IOException("its answer is longer than " + LONGEST_ANSWER + " bytes");
        }
        JsonNode node = JSON.readTree(body);
        return switch (node.path("result").asText()) {
            case "allow" -> accepted(node, claimed);
            case "deny" -> new Verdict.Refuse(Reason.BAD_CREDENTIALS, "the service denied");
            case "ignore" -> Verdict.ABSTAIN;
            default -> throw new IOException("its answer has no result");
        };
    }

    private static Verdict accepted(JsonNode node, String claimed) throws IOException {
        String user = node.path("user").asText(claimed);
        if (user.isEmpty()) {
            throw new IOException("it allowed somebody without a name");
        }
        Set<String> groups = new HashSet<>();
        node.path("groups").forEach(group -> groups.add(group.asText()));
        return new Verdict.Accept(
                new Principal(
                        user,
                        node.path("tenant").asText(Principal.DEFAULT_TENANT),
                        groups,
                        Map.of(),
                        node.path("admin").asBoolean(false)));
    }

    @Override
    public void close() {
        checks.close();
        client.shutdownNow();
    }
}
