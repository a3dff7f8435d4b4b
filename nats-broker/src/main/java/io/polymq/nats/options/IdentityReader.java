package io.polymq.nats.options;

import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.nats.subject.SubjectMappings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads users, permissions, accounts, imports, exports and mappings. Stateless. */
final class IdentityReader {

    private static final Set<String> CONNECTION_TYPES =
            Set.of(
                    "STANDARD",
                    "WEBSOCKET",
                    "LEAFNODE",
                    "LEAFNODE_WS",
                    "MQTT",
                    "MQTT_WS",
                    "IN_PROCESS");

    private IdentityReader() {}

    static AuthorizationOptions authorization(Section section) throws OptionsException {
        section.refuse("authentication is this server's own", "auth_hook");
        section.take("timeout");
        String user = section.text("user", "username");
        String password = section.text("pass", "password");
        String token = section.text("token");
        PermissionOptions defaults =
                permissions(
                        section.section(
                                "default_permissions", "default_permission", "permissions"));
        List<UserOptions> users = users(section);
        if (token != null && (user != null || !users.isEmpty())) {
            throw new OptionsException(section.place() + ": cannot have a token and users");
        }
        if (user != null && !users.isEmpty()) {
            throw new OptionsException(section.place() + ": cannot have a user and a users array");
        }
        CalloutOptions callout = callout(section.section("auth_callout"));
        section.finish();
        return new AuthorizationOptions(user, password, token, users, defaults, callout);
    }

    private static @Nullable CalloutOptions callout(@Nullable Section section)
            throws OptionsException {
        if (section == null) {
            return null;
        }
        String issuer = section.text("issuer");
        String account = section.text("account", "acc");
        if (issuer == null) {
            throw new OptionsException(section.place() + ": auth_callout needs an issuer");
        }
        CalloutOptions options =
                new CalloutOptions(
                        issuer,
                        account == null ? "$G" : account,
                        Set.copyOf(section.texts("auth_users", "users")),
                        section.texts("allowed_accounts"),
                        section.text("xkey", "key"));
        section.finish();
        return options;
    }

    static List<UserOptions> users(Section section) throws OptionsException {
        List<UserOptions> users = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Section one : section.sections("users")) {
            UserOptions user = user(one);
            if (!names.add(user.name())) {
                throw new OptionsException(
                        one.place() + ": duplicate user \"" + user.name() + "\" detected");
            }
            users.add(user);
        }
        return users;
    }

    private static UserOptions user(Section one) throws OptionsException {
        one.refuse("there are no trusted proxies", "proxy_required");
        String nkey = one.text("nkey");
        String name = one.text("user", "username");
        String password = one.text("pass", "password");
        PermissionOptions permissions =
                permissions(one.section("permissions", "permission", "authorization"));
        Set<String> types = new HashSet<>();
        for (String type : one.texts("allowed_connection_types", "connection_types", "clients")) {
            String upper = type.toUpperCase(Locale.ROOT);
            if (!CONNECTION_TYPES.contains(upper)) {
                throw new OptionsException(
                        one.place() + ": unknown connection type \"" + type + '"');
            }
            types.add(upper);
        }
        if ((nkey == null) == (name == null)) {
            throw new OptionsException(one.place() + ": a user entry requires a user or an nkey");
        }
        if (nkey != null && password != null) {
            throw new OptionsException(one.place() + ": nkey users do not take passwords");
        }
        one.finish();
        return new UserOptions(
                nkey == null ? java.util.Objects.requireNonNull(name) : nkey,
                password,
                nkey != null,
                permissions,
                Set.copyOf(types));
    }

    static @Nullable PermissionOptions permissions(@Nullable Section section)
            throws OptionsException {
        if (section == null) {
            return null;
        }
        Rights publish = rights(section, false, "publish", "pub", "import");
        Rights subscribe = rights(section, true, "subscribe", "sub", "export");
        PermissionOptions.ResponseOptions responses = responses(section);
        section.finish();
        List<String> publishAllow = publish.allow();
        if (responses != null && publishAllow == null) {
            publishAllow = List.of();
        }
        return new PermissionOptions(
                publishAllow, publish.deny(), subscribe.allow(), subscribe.deny(), responses);
    }

    private record Rights(@Nullable List<String> allow, List<String> deny) {}

    private static Rights rights(Section section, boolean queues, String... names)
            throws OptionsException {
        ConfValue value = section.take(names);
        if (value == null) {
            return new Rights(null, List.of());
        }
        if (!(value instanceof ConfValue.Block)) {
            return new Rights(checked(value, Section.texts(value), queues), List.of());
        }
        Section inner = section.section(names[0], value);
        ConfValue allow = inner.take("allow");
        ConfValue deny = inner.take("deny");
        inner.finish();
        return new Rights(
                allow == null ? null : checked(allow, Section.texts(allow), queues),
                deny == null ? List.of() : checked(deny, Section.texts(deny), queues));
    }

    private static List<String> checked(ConfValue at, List<String> subjects, boolean queues)
            throws OptionsException {
        for (String subject : subjects) {
            String[] words = subject.strip().split("\\s+");
            if (words.length > (queues ? 2 : 1)) {
                throw Section.fault(at, "subject \"" + subject + "\" is not a valid subject");
            }
            filter(at, words[0]);
        }
        return subjects;
    }

    private static String filter(ConfValue at, String subject) throws OptionsException {
        try {
            Dialect.NATS.parse(subject);
            return subject;
        } catch (InvalidSubjectException e) {
            throw new OptionsException(
                    at.place() + ": subject \"" + subject + "\" is not a valid subject", e);
        }
    }

    private static PermissionOptions.@Nullable ResponseOptions responses(Section section)
            throws OptionsException {
        ConfValue value = section.take("allow_responses", "publish_allow_responses");
        if (value == null) {
            return null;
        }
        if (value instanceof ConfValue.Flag flag) {
            return flag.on() ? PermissionOptions.ResponseOptions.DEFAULT : null;
        }
        Section inner = section.section("allow_responses", value);
        int max = inner.count(0, "max", "max_msgs", "max_messages", "max_responses");
        Duration expires = inner.duration(Duration.ZERO, "expires", "expiration", "ttl");
        inner.finish();
        PermissionOptions.ResponseOptions defaults = PermissionOptions.ResponseOptions.DEFAULT;
        return new PermissionOptions.ResponseOptions(
                max == 0 ? defaults.max() : max,
                expires == null || expires.isZero() ? defaults.expires() : expires);
    }

    static List<AccountOptions> accounts(@Nullable ConfValue value, Section outer)
            throws OptionsException {
        if (value == null) {
            return List.of();
        }
        List<AccountOptions> accounts = new ArrayList<>();
        if (value instanceof ConfValue.Items items) {
            for (ConfValue item : items.items()) {
                accounts.add(empty(Section.text(item)));
            }
            return accounts;
        }
        for (Map.Entry<String, ConfValue> one :
                outer.section("accounts", value).named().entrySet()) {
            if (one.getKey().equals("$G")) {
                throw Section.fault(one.getValue(), "\"$G\" is a reserved account");
            }
            accounts.add(
                    account(
                            one.getKey(),
                            outer.section("account " + one.getKey(), one.getValue())));
        }
        return accounts;
    }

    private static AccountOptions empty(String name) {
        return new AccountOptions(
                name, List.of(), null, List.of(), List.of(), List.of(), AccountOptions.Limits.NONE);
    }

    private static AccountOptions account(String name, Section section) throws OptionsException {
        section.refuse("there is no message tracing", "msg_trace", "trace_dest");
        section.take("nkey");
        List<AccountOptions.Export> exports = new ArrayList<>();
        for (Section one : section.sections("exports")) {
            exports.add(export(one));
        }
        List<AccountOptions.Import> imports = new ArrayList<>();
        for (Section one : section.sections("imports")) {
            imports.add(imported(one));
        }
        AccountOptions account =
                new AccountOptions(
                        name,
                        users(section),
                        permissions(section.section("default_permissions")),
                        List.copyOf(exports),
                        List.copyOf(imports),
                        mappings(section),
                        limits(section));
        section.finish();
        return account;
    }

    private static AccountOptions.Limits limits(Section section) throws OptionsException {
        JetStreamOptions.AccountLimits jetStream =
                JetStreamReader.account(section.take("jetstream"), section);
        Section limits = section.section("limits");
        if (limits == null) {
            return new AccountOptions.Limits(-1, -1, -1, jetStream);
        }
        limits.ignore("max_leafnodes", "max_leafs");
        AccountOptions.Limits read =
                new AccountOptions.Limits(
                        limits.count(-1, "max_connections", "max_conn"),
                        limits.count(-1, "max_subscriptions", "max_subs"),
                        limits.count(-1, "max_payload", "max_pay"),
                        jetStream);
        limits.finish();
        return read;
    }

    private static AccountOptions.Export export(Section one) throws OptionsException {
        one.ignore("allow_trace");
        String stream = one.text("stream");
        String service = one.text("service");
        if ((stream == null) == (service == null)) {
            throw new OptionsException(one.place() + ": an export is a stream or a service");
        }
        String response = one.text("response_type", "response");
        Duration threshold =
                one.duration(
                        AccountOptions.Answers.DEFAULT_WITHIN,
                        "threshold",
                        "response_threshold",
                        "response_max_time",
                        "response_time");
        if (stream != null && response != null) {
            throw new OptionsException(
                    one.place() + ": detected response directive on non-service");
        }
        AccountOptions.Export export =
                new AccountOptions.Export(
                        service != null,
                        valid(
                                one,
                                service == null
                                        ? java.util.Objects.requireNonNull(stream)
                                        : service),
                        one.texts("accounts"),
                        new AccountOptions.Answers(
                                responseType(one, response),
                                threshold == null
                                        ? AccountOptions.Answers.DEFAULT_WITHIN
                                        : threshold,
                                latency(one, service != null)),
                        one.count(0, "account_token_position"),
                        null);
        one.finish();
        return export;
    }

    private static AccountOptions.@Nullable Latency latency(Section export, boolean service)
            throws OptionsException {
        ConfValue value = export.take("latency");
        if (value == null) {
            return null;
        }
        if (!service) {
            throw Section.fault(value, "detected latency directive on non-service");
        }
        if (!(value instanceof ConfValue.Block)) {
            return new AccountOptions.Latency(100, valid(export, Section.text(value)));
        }
        Section inner = export.section("latency", value);
        String subject = inner.text("subject");
        if (subject == null) {
            throw new OptionsException(inner.place() + ": latency subject required, but missing");
        }
        AccountOptions.Latency latency =
                new AccountOptions.Latency(
                        sampling(inner, inner.take("sampling")), valid(inner, subject));
        inner.finish();
        return latency;
    }

    private static int sampling(Section latency, @Nullable ConfValue value)
            throws OptionsException {
        String text = value == null ? "100" : Section.text(value);
        if (text.equalsIgnoreCase("headers")) {
            return 0;
        }
        try {
            int percent = Integer.parseInt(text.endsWith("%") ? text.replace("%", "") : text);
            if (percent >= 1 && percent <= 100) {
                return percent;
            }
        } catch (NumberFormatException none) {
            // said below
        }
        throw new OptionsException(
                latency.place() + ": sampling value should be in range [1..100], got " + text);
    }

    private static String valid(Section one, String subject) throws OptionsException {
        try {
            Dialect.NATS.parse(subject);
            return subject;
        } catch (InvalidSubjectException e) {
            throw new OptionsException(
                    one.place() + ": \"" + subject + "\" is no valid subject", e);
        }
    }

    private static AccountOptions.ResponseType responseType(Section one, @Nullable String name)
            throws OptionsException {
        return switch (name == null ? "singleton" : name.toLowerCase(Locale.ROOT)) {
            case "single", "singleton" -> AccountOptions.ResponseType.SINGLETON;
            case "stream" -> AccountOptions.ResponseType.STREAM;
            case "chunk", "chunked" -> AccountOptions.ResponseType.CHUNKED;
            default -> throw new OptionsException(one.place() + ": unknown response type: " + name);
        };
    }

    private static AccountOptions.Import imported(Section one) throws OptionsException {
        one.ignore("allow_trace");
        Section stream = one.section("stream");
        Section service = one.section("service");
        Section from = stream == null ? service : stream;
        if (from == null || stream != null && service != null) {
            throw new OptionsException(one.place() + ": an import is a stream or a service");
        }
        String account = from.text("account");
        String subject = from.text("subject");
        if (account == null || subject == null) {
            throw new OptionsException(from.place() + ": an import needs an account and a subject");
        }
        from.finish();
        AccountOptions.Import imported =
                new AccountOptions.Import(
                        service != null,
                        account,
                        valid(from, subject),
                        one.text("to"),
                        one.text("prefix"),
                        one.flag(false, "share"),
                        null);
        one.finish();
        return imported;
    }

    static List<SubjectMappings.Mapping> mappings(Section outer) throws OptionsException {
        Section section = outer.section("mappings", "maps");
        if (section == null) {
            return List.of();
        }
        List<SubjectMappings.Mapping> mappings = new ArrayList<>();
        for (Map.Entry<String, ConfValue> one : section.named().entrySet()) {
            List<SubjectMappings.Destination> destinations = new ArrayList<>();
            if (one.getValue() instanceof ConfValue.Items items) {
                for (ConfValue item : items.items()) {
                    destinations.add(destination(outer.section("mapping", item)));
                }
            } else if (one.getValue() instanceof ConfValue.Block block) {
                destinations.add(destination(outer.section("mapping", block)));
            } else {
                destinations.add(
                        new SubjectMappings.Destination(Section.text(one.getValue()), 100));
            }
            mappings.add(new SubjectMappings.Mapping(one.getKey(), destinations));
        }
        try {
            SubjectMappings.of(mappings);
        } catch (IllegalArgumentException wrong) {
            throw new OptionsException(section.place() + ": " + wrong.getMessage(), wrong);
        }
        return mappings;
    }

    private static SubjectMappings.Destination destination(Section one) throws OptionsException {
        one.refuse("there is one server", "cluster");
        String to = one.text("dest", "destination");
        String weight = one.text("weight");
        if (to == null) {
            throw new OptionsException(one.place() + ": a mapping needs a destination");
        }
        one.finish();
        try {
            int share = weight == null ? 100 : Integer.parseInt(weight.replace("%", "").strip());
            return new SubjectMappings.Destination(to, share);
        } catch (NumberFormatException e) {
            throw new OptionsException(one.place() + ": weight " + weight + " is no number", e);
        }
    }
}
