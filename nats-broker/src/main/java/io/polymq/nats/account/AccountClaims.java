package io.polymq.nats.account;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.nats.options.AccountOptions;
import io.polymq.nats.options.JetStreamOptions;
import io.polymq.nats.options.PermissionOptions;
import io.polymq.nats.subject.SubjectMappings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an account's JWT says: whom it lets in, and the account as the configuration would have it.
 * Immutable.
 */
final class AccountClaims {

    private static final Pattern TEMPLATE =
            Pattern.compile("\\{\\{\\s*([a-z-]+)\\(\\s*([^)]*?)\\s*\\)\\s*}}");

    private final Claims claims;
    private final AccountOptions options;
    private final Map<String, JsonNode> signers;

    private AccountClaims(Claims claims, AccountOptions options, Map<String, JsonNode> signers) {
        this.claims = claims;
        this.options = options;
        this.signers = Map.copyOf(signers);
    }

    static AccountClaims of(Claims claims, ObjectMapper json) {
        JsonNode nats = claims.nats();
        Map<String, JsonNode> signers = new HashMap<>();
        signers.put(claims.subject(), json.nullNode());
        for (JsonNode signer : nats.path("signing_keys")) {
            if (signer.isTextual()) {
                signers.put(signer.textValue(), json.nullNode());
            } else {
                signers.put(signer.path("key").asText(), signer.path("template"));
            }
        }
        return new AccountClaims(claims, options(claims, nats, json, signers.keySet()), signers);
    }

    private static AccountOptions options(
            Claims claims, JsonNode nats, ObjectMapper json, Set<String> signers) {
        JsonNode limits = nats.path("limits");
        List<AccountOptions.Export> exports = new ArrayList<>();
        nats.path("exports").forEach(one -> exports.add(export(one, signers)));
        List<AccountOptions.Import> imports = new ArrayList<>();
        nats.path("imports").forEach(one -> imports.add(imported(one, json)));
        List<SubjectMappings.Mapping> mappings = new ArrayList<>();
        nats.path("mappings")
                .properties()
                .forEach(one -> mappings.add(mapping(one.getKey(), one.getValue())));
        return new AccountOptions(
                claims.subject(),
                List.of(),
                permissions(nats.path("default_permissions")),
                exports,
                imports,
                mappings,
                new AccountOptions.Limits(
                        (int) Claims.number(limits, "conn", -1),
                        (int) Claims.number(limits, "subs", -1),
                        (int) Claims.number(limits, "payload", -1),
                        jetStream(limits)));
    }

    private static JetStreamOptions.@Nullable AccountLimits jetStream(JsonNode limits) {
        long memory = limits.path("mem_storage").asLong();
        long disk = limits.path("disk_storage").asLong();
        if (memory == 0 && disk == 0) {
            return null;
        }
        return new JetStreamOptions.AccountLimits(
                memory,
                disk,
                unlessZero(limits, "streams"),
                unlessZero(limits, "consumer"),
                unlessZero(limits, "max_ack_pending"),
                unlessZero(limits, "mem_max_stream_bytes"),
                unlessZero(limits, "disk_max_stream_bytes"),
                limits.path("max_bytes_required").asBoolean());
    }

    private static long unlessZero(JsonNode limits, String key) {
        long limit = limits.path(key).asLong();
        return limit == 0 ? -1 : limit;
    }

    private static AccountOptions.Export export(JsonNode one, Set<String> signers) {
        long nanos = one.path("response_threshold").asLong();
        String type = one.path("response_type").asText().toUpperCase(Locale.ROOT);
        return new AccountOptions.Export(
                one.path("type").asText().equals("service"),
                one.path("subject").asText(),
                List.of(),
                new AccountOptions.Answers(
                        switch (type) {
                            case "STREAM" -> AccountOptions.ResponseType.STREAM;
                            case "CHUNKED" -> AccountOptions.ResponseType.CHUNKED;
                            default -> AccountOptions.ResponseType.SINGLETON;
                        },
                        nanos <= 0
                                ? AccountOptions.Answers.DEFAULT_WITHIN
                                : Duration.ofNanos(nanos),
                        latency(one.path("service_latency"))),
                one.path("account_token_position").asInt(),
                one.path("token_req").asBoolean()
                        ? new AccountOptions.Activations(
                                signers, revocations(one.path("revocations")))
                        : null);
    }

    private static AccountOptions.@Nullable Latency latency(JsonNode in) {
        String subject = Claims.text(in, "results");
        // The sampling is a number of percent, or the word "headers", which is none.
        return subject == null
                ? null
                : new AccountOptions.Latency(in.path("sampling").asInt(), subject);
    }

    private static Map<String, Long> revocations(JsonNode in) {
        Map<String, Long> revoked = new HashMap<>();
        in.properties().forEach(one -> revoked.put(one.getKey(), one.getValue().asLong()));
        return revoked;
    }

    private static AccountOptions.Import imported(JsonNode one, ObjectMapper json) {
        boolean service = one.path("type").asText().equals("service");
        String subject = one.path("subject").asText();
        String local = Claims.text(one, "local_subject");
        String to = Claims.text(one, "to");
        AccountOptions.Activation activation = activation(Claims.text(one, "token"), json);
        // The older key means a prefix for streams, and for services that the two sides are
        // exchanged.
        if (local == null && to != null && service) {
            return new AccountOptions.Import(
                    true, one.path("account").asText(), to, subject, null, false, activation);
        }
        return new AccountOptions.Import(
                service,
                one.path("account").asText(),
                subject,
                local,
                local == null ? to : null,
                one.path("share").asBoolean(),
                activation);
    }

    /**
     * Null when there is none, or it is none: a token may also be an address, which is not read.
     */
    private static AccountOptions.@Nullable Activation activation(
            @Nullable String token, ObjectMapper json) {
        if (token == null) {
            return null;
        }
        try {
            Claims claims = Claims.verified(json, token, "A");
            JsonNode nats = claims.nats();
            return claims.kind().equals("activation")
                    ? new AccountOptions.Activation(
                            (nats.has("kind") ? nats.path("kind") : nats.path("type"))
                                    .asText()
                                    .equals("service"),
                            nats.path("subject").asText(),
                            claims.issuer(),
                            claims.subject(),
                            claims.issuedAt(),
                            claims.expires())
                    : null;
        } catch (IllegalArgumentException none) {
            return null;
        }
    }

    private static SubjectMappings.Mapping mapping(String source, JsonNode destinations) {
        List<SubjectMappings.Destination> list = new ArrayList<>();
        for (JsonNode one : destinations) {
            int weight = one.path("weight").asInt();
            list.add(
                    new SubjectMappings.Destination(
                            one.path("subject").asText(), weight == 0 ? 100 : weight));
        }
        return new SubjectMappings.Mapping(source, list);
    }

    static PermissionOptions permissions(JsonNode in) {
        JsonNode publish = in.path("pub");
        JsonNode subscribe = in.path("sub");
        List<String> allow = listed(publish.path("allow"));
        JsonNode response = in.path("resp");
        PermissionOptions.ResponseOptions responses = null;
        if (response.isObject()) {
            int max = response.path("max").asInt();
            long ttl = response.path("ttl").asLong();
            PermissionOptions.ResponseOptions defaults = PermissionOptions.ResponseOptions.DEFAULT;
            responses =
                    new PermissionOptions.ResponseOptions(
                            max == 0 ? defaults.max() : max,
                            ttl == 0 ? defaults.expires() : Duration.ofNanos(ttl));
            allow = allow == null ? List.of() : allow;
        }
        List<String> publishDeny = listed(publish.path("deny"));
        List<String> subscribeDeny = listed(subscribe.path("deny"));
        return new PermissionOptions(
                allow,
                publishDeny == null ? List.of() : publishDeny,
                listed(subscribe.path("allow")),
                subscribeDeny == null ? List.of() : subscribeDeny,
                responses);
    }

    private static @Nullable List<String> listed(JsonNode array) {
        return array.isArray() && !array.isEmpty() ? Claims.texts(array) : null;
    }

    String key() {
        return claims.subject();
    }

    String issuer() {
        return claims.issuer();
    }

    AccountOptions options() {
        return options;
    }

    PermissionOptions defaultPermissions() {
        return java.util.Objects.requireNonNull(options.defaultPermissions());
    }

    long expires() {
        return claims.expires();
    }

    boolean holdsAt(long second) {
        return claims.holdsAt(second);
    }

    boolean allowsBearer() {
        return !claims.nats().path("limits").path("disallow_bearer").asBoolean();
    }

    boolean isRevoked(String user, long issuedAt) {
        JsonNode revocations = claims.nats().path("revocations");
        return revocations.path(user).asLong() >= issuedAt && revocations.has(user)
                || revocations.path("*").asLong() >= issuedAt && revocations.has("*");
    }

    /** Who get in without the service that decides about all others; empty without a service. */
    List<String> calloutUsers() {
        return Claims.texts(claims.nats().path("authorization").path("auth_users"));
    }

    /** The key of that service, for what it is asked; null to ask in the clear. */
    @Nullable String calloutXkey() {
        return Claims.text(claims.nats().path("authorization"), "xkey");
    }

    /** Whether that service may make users of another account. */
    boolean mayPlaceInto(String account) {
        List<String> allowed =
                Claims.texts(claims.nats().path("authorization").path("allowed_accounts"));
        return allowed.contains(account) || allowed.contains("*");
    }

    /** Whether it is the account's own key or one of its signing keys. */
    boolean isSignedBy(String key) {
        return signers.containsKey(key);
    }

    /**
     * The limits and permissions of a user: its own, or those of the role whose key signed it.
     *
     * @throws IllegalArgumentException when its issuer is not the account's
     */
    JsonNode limitsFor(Claims user) {
        JsonNode template = signers.get(user.issuer());
        if (template == null) {
            throw new IllegalArgumentException("user JWT issuer is not known");
        }
        if (!template.isObject()) {
            return user.nats();
        }
        if (user.nats().has("pub") && !user.nats().path("pub").isEmpty()
                || user.nats().has("sub") && !user.nats().path("sub").isEmpty()) {
            throw new IllegalArgumentException(
                    "a user of a role cannot have permissions of its own");
        }
        ObjectNode filled = template.deepCopy();
        for (String kind : List.of("pub", "sub")) {
            for (String list : List.of("allow", "deny")) {
                JsonNode array = filled.path(kind).path(list);
                if (array instanceof ArrayNode subjects) {
                    fill(subjects, user, list.equals("deny"));
                }
            }
        }
        return filled;
    }

    private void fill(ArrayNode subjects, Claims user, boolean deny) {
        List<String> written = Claims.texts(subjects);
        subjects.removeAll();
        for (String subject : written) {
            List<String> expanded = expand(subject, user);
            if (expanded.isEmpty() && deny) {
                throw new IllegalArgumentException(
                        "user JWT generated invalid permissions: " + subject);
            }
            expanded.forEach(subjects::add);
        }
    }

    /** A template becomes one subject, or one for each tag of that name. */
    private List<String> expand(String subject, Claims user) {
        Matcher found = TEMPLATE.matcher(subject);
        if (!found.find()) {
            return List.of(subject);
        }
        List<String> values =
                switch (found.group(1)) {
                    case "name" -> List.of(user.name());
                    case "subject" -> List.of(user.subject());
                    case "account-name" -> List.of(claims.name());
                    case "account-subject" -> List.of(claims.subject());
                    case "tag" -> tags(user, found.group(2));
                    case "account-tag" -> tags(claims, found.group(2));
                    default ->
                            throw new IllegalArgumentException(
                                    "template operation in " + subject + " is not defined");
                };
        List<String> expanded = new ArrayList<>();
        for (String value : values) {
            if (value.isEmpty()
                    || value.contains(" ")
                    || value.contains(">")
                    || value.contains("*")) {
                throw new IllegalArgumentException("generated invalid subject from " + subject);
            }
            expanded.addAll(
                    expand(
                            subject.substring(0, found.start())
                                    + value
                                    + subject.substring(found.end()),
                            user));
        }
        return expanded;
    }

    private static List<String> tags(Claims of, String name) {
        String prefix = name.toLowerCase(Locale.ROOT) + ':';
        List<String> values = new ArrayList<>();
        for (String tag : Claims.texts(of.nats().path("tags"))) {
            if (tag.toLowerCase(Locale.ROOT).startsWith(prefix)) {
                values.add(tag.substring(prefix.length()));
            }
        }
        return values;
    }
}
