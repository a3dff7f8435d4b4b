package io.polymq.nats.account;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.message.Message;
import io.polymq.core.router.RouteCache;
import io.polymq.core.router.Sink;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Asks a service among the clients whether somebody may come in, and takes its answer. What is
 * asked is signed by the server and what is answered by the service; each question makes up a key
 * for the user, so that no answer fits another question. Bounded; any thread.
 */
final class AuthCallout implements Sink {

    static final String SUBJECT = "$SYS.REQ.USER.AUTH";

    private static final int MOST = 10_000;
    private static final int KEY_BYTES = 32;
    private static final int CACHED_SUBJECTS = 16;

    private record Asked(
            Authority authority,
            String userKey,
            LoginRequest request,
            CompletableFuture<Admission> answer) {}

    private final ObjectMapper json;
    private final InstantSource clock;
    private final SecureRandom random;
    private final Directory.Server server;
    private final SigningKey key = SigningKey.fresh('N');
    private final XKey seal;
    private final ThreadLocal<RouteCache> routes;
    private final String inbox;
    private final AtomicLong numbers = new AtomicLong();
    private final Map<Subject, Asked> asked = new ConcurrentHashMap<>();
    private final Set<Account> listening = new HashSet<>();

    AuthCallout(Directory.Parts parts) {
        this.json = parts.json();
        this.clock = parts.clock();
        this.random = parts.random();
        this.server = parts.server();
        this.seal = XKey.fresh(random);
        this.routes = ThreadLocal.withInitial(() -> parts.router().newCache(CACHED_SUBJECTS));
        this.inbox = "$SYS._INBOX." + Long.toString(random.nextLong() >>> 1, 36) + '.';
    }

    /** Hears the answers of the account's service from now on. */
    void listen(Account account) {
        synchronized (listening) {
            if (listening.add(account)) {
                try {
                    account.space().subscribe(Dialect.NATS.parse(inbox + '>'), null, false, this);
                } catch (InvalidSubjectException impossible) {
                    throw new IllegalStateException(impossible);
                }
            }
        }
    }

    CompletionStage<Admission> ask(Authority authority, LoginRequest request, Duration patience) {
        if (asked.size() >= MOST) {
            return refused("too many wait for the auth callout");
        }
        Subject reply = Subject.ofDotted(inbox + Long.toString(numbers.incrementAndGet(), 36));
        byte[] raw = new byte[KEY_BYTES];
        random.nextBytes(raw);
        String userKey = Nkey.encode('U', raw);
        CompletableFuture<Admission> answer = new CompletableFuture<>();
        asked.put(reply, new Asked(authority, userKey, request, answer));
        byte[] question =
                key.jwt(json, question(authority, request, userKey, patience))
                        .getBytes(StandardCharsets.US_ASCII);
        Message message = message(authority, question).replyTo(reply);
        if (authority.account().space().publish(routes.get(), message) == 0) {
            asked.remove(reply);
            return refused("nobody serves the auth callout of " + authority.account());
        }
        answer.completeOnTimeout(
                new Admission.Refused("the auth callout did not answer in time"),
                patience.toMillis(),
                TimeUnit.MILLISECONDS);
        return answer.whenComplete((admission, failure) -> asked.remove(reply));
    }

    /** What is asked, sealed for the service where it wants that. */
    private Message message(Authority authority, byte[] question) {
        String xkey = authority.xkey();
        byte[] body = xkey == null ? question : seal.seal(question, xkey);
        byte[] header =
                ("NATS/1.0\r\nNats-Server-Xkey: " + seal.publicKey() + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
        return new Message()
                .begin(Subject.ofDotted(SUBJECT), body, 0, body.length)
                .header(server.headers(), header, 0, xkey == null ? 0 : header.length, 0);
    }

    private static CompletionStage<Admission> refused(String why) {
        return CompletableFuture.completedFuture(new Admission.Refused(why));
    }

    // The question.

    private ObjectNode question(
            Authority authority, LoginRequest request, String userKey, Duration patience) {
        long now = clock.instant().getEpochSecond();
        ObjectNode claims = json.createObjectNode();
        claims.put("aud", "nats-authorization-request");
        claims.put("exp", now + Math.max(1, patience.toSeconds()));
        claims.put("jti", userKey.substring(1, 53));
        claims.put("iat", now);
        claims.put("iss", key.publicKey());
        claims.put("sub", authority.subject());
        ObjectNode nats = claims.putObject("nats");
        ObjectNode self = nats.putObject("server_id");
        self.put("name", server.name());
        self.put("host", server.host());
        self.put("id", server.id());
        self.put("version", server.version());
        if (authority.xkey() != null) {
            self.put("xkey", seal.publicKey());
        }
        nats.put("user_nkey", userKey);
        client(nats.putObject("client_info"), request);
        connectOptions(nats.putObject("connect_opts"), request);
        X509Certificate certificate = request.peer().certificate();
        if (certificate != null) {
            nats.putObject("client_tls").putArray("certs").add(pem(certificate));
        }
        nats.put("type", "authorization_request");
        nats.put("version", 2);
        return claims;
    }

    private static void client(ObjectNode node, LoginRequest request) {
        if (request.peer().address() instanceof InetSocketAddress from
                && from.getAddress() != null) {
            node.put("host", from.getAddress().getHostAddress());
        }
        node.put("id", request.client().id());
        put(node, "user", request.login());
        put(node, "name", request.client().name());
        node.put("kind", "Client");
        node.put("type", request.connectionType().equals("WEBSOCKET") ? "websocket" : "nats");
        if (request.signature() != null) {
            node.put("nonce", new String(request.nonce(), StandardCharsets.US_ASCII));
        }
    }

    private static void connectOptions(ObjectNode node, LoginRequest request) {
        put(node, "jwt", request.jwt());
        put(node, "nkey", request.nkey());
        put(node, "sig", request.signature());
        put(node, "auth_token", request.token());
        put(node, "user", request.user());
        put(node, "pass", request.password());
        put(node, "name", request.client().name());
        put(node, "lang", request.client().language());
        put(node, "version", request.client().version());
        node.put("protocol", request.client().protocol());
    }

    private static void put(ObjectNode node, String key, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            node.put(key, value);
        }
    }

    private static String pem(X509Certificate certificate) {
        try {
            return "-----BEGIN CERTIFICATE-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'})
                            .encodeToString(certificate.getEncoded())
                    + "\n-----END CERTIFICATE-----\n";
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("a certificate that was read is written again", e);
        }
    }

    // The answer.

    @Override
    public boolean deliver(Message message) {
        Asked question = asked.remove(message.subject());
        if (question == null) {
            return false;
        }
        int begin = message.payloadOffset();
        byte[] answer =
                Arrays.copyOfRange(message.payload(), begin, begin + message.payloadLength());
        Admission admission;
        try {
            admission = new Admission.Admitted(judge(question, opened(question, answer)));
        } catch (IllegalArgumentException why) {
            admission = new Admission.Refused("auth callout: " + why.getMessage());
        }
        question.answer().complete(admission);
        return true;
    }

    /** A service that is asked under seal may answer so, or in the clear. */
    private String opened(Asked question, byte[] answer) {
        String xkey = question.authority().xkey();
        String text = new String(answer, StandardCharsets.UTF_8);
        if (xkey == null || text.startsWith("eyJ")) {
            return text;
        }
        byte[] opened = seal.open(answer, xkey);
        JwtUsers.require(opened != null, "the response cannot be decrypted");
        return new String(java.util.Objects.requireNonNull(opened), StandardCharsets.UTF_8);
    }

    private NatsUser judge(Asked question, String token) {
        JwtUsers.require(!token.isBlank(), "no reason supplied");
        Claims response = Claims.verified(json, token, "A");
        JwtUsers.require(
                response.kind().equals("authorization_response"),
                "it is no authorization response");
        JwtUsers.require(
                response.subject().equals(question.userKey()),
                "the response is not for the expected user");
        JwtUsers.require(
                response.audience().equals(server.id()), "the response is not for this server");
        long now = clock.instant().getEpochSecond();
        JwtUsers.require(response.holdsAt(now), "the response is no longer valid");
        String error = Claims.text(response.nats(), "error");
        JwtUsers.require(error == null, "the service returned an error: " + error);
        String userToken = Claims.text(response.nats(), "jwt");
        JwtUsers.require(userToken != null, "the response has no user");
        String userJwt = java.util.Objects.requireNonNull(userToken);
        Claims user = Claims.verified(json, userJwt, "A");
        JwtUsers.require(user.kind().equals("user"), "the JWT in it is no user's");
        JwtUsers.require(
                user.subject().equals(question.userKey()), "the user is not the expected one");
        JwtUsers.require(user.holdsAt(now), "the user is not valid now");
        return question.authority()
                .judge(question.request(), response, user, userJwt)
                .shownByName();
    }
}
