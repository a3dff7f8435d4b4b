package io.polymq.nats.options;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads the whole file. Unknown keys are refused by name, what a single server cannot do with a
 * reason.
 */
final class OptionsReader {

    private static final ServerOptions DEFAULT = ServerOptions.DEFAULT;
    private static final Duration AUTO_FALLBACK = Duration.ofMillis(50);

    private final Section root;
    private final Path folder;

    private OptionsReader(Section root, Path file) {
        this.root = root;
        Path parent = file.toAbsolutePath().getParent();
        this.folder = parent == null ? Path.of(".") : parent;
    }

    static ServerOptions read(ConfParser.Document document, Path file) throws OptionsException {
        Section root = new Section("the configuration", document.root(), document.variables());
        return new OptionsReader(root, file).server();
    }

    private ServerOptions server() throws OptionsException {
        refuseTopology();
        root.ignore(
                "trace_verbose",
                "trace_headers",
                "logtime_utc",
                "disable_sublist_cache",
                "no_sublist_cache",
                "logfile_size_limit",
                "log_size_limit",
                "logfile_max_num",
                "log_max_num",
                "max_traced_msg_len",
                "connect_error_reports",
                "reconnect_error_reports",
                "server_tags",
                "server_metadata",
                "feature_flags",
                "no_fast_producer_stall",
                "prof_port",
                "prof_block_rate",
                "write_timeout",
                "resolver_tls",
                "default_js_domain",
                "strict");
        Address client = listen(root);
        JetStreamOptions jetStream = JetStreamReader.server(root.take("jetstream"), root);
        String store = root.text("store_dir", "storedir");
        if (store != null && jetStream.storeDir() == null) {
            jetStream =
                    new JetStreamOptions(
                            jetStream.enabled(),
                            Path.of(store),
                            jetStream.maxMemory(),
                            jetStream.maxFile(),
                            jetStream.domain(),
                            jetStream.syncAlways(),
                            jetStream.consumerLimits());
        }
        String serverName = root.text("server_name");
        if (serverName != null && serverName.contains(" ")) {
            throw new OptionsException(root.place() + ": server name cannot contain spaces");
        }
        TlsOptions tls = tls(root.section("tls"));
        ServerOptions options =
                new ServerOptions(
                        serverName,
                        listening(client),
                        limits(tls),
                        log(),
                        identity(),
                        new ServerOptions.Transports(
                                tls, root.flag(false, "allow_non_tls"), webSocket(tls)),
                        jetStream);
        root.finish();
        return options;
    }

    private void refuseTopology() throws OptionsException {
        root.refuse(
                "PolyMQ does not join NATS clusters", "cluster", "gateway", "leaf", "leafnodes");
        root.refuse("MQTT is a protocol of its own here", "mqtt");
        root.refuse("certificates are not stapled", "ocsp", "ocsp_cache");
        root.refuse("the log goes to standard error or a file", "syslog", "remote_syslog");
        root.refuse("there are no trusted proxies", "proxies");
        root.refuse("there is no default sentinel", "default_sentinel");
        root.refuse("headers are always there", "no_header_support");
        root.refuse("accounts are not pinned", "resolver_pinned_accounts");
        root.refuse("set it in PolyMQ's network section", "proxy_protocol");
    }

    private record Address(@Nullable String host, int port) {}

    private static Address listen(Section section) throws OptionsException {
        ConfValue value = section.take("listen");
        String host = section.text("host", "net");
        int port = section.count(ListenOptions.OFF, "port");
        return value == null ? new Address(host, port) : address(value);
    }

    private static Address address(ConfValue value) throws OptionsException {
        if (value instanceof ConfValue.Whole port) {
            return new Address(null, (int) port.number());
        }
        String text = Section.text(value);
        int colon = text.lastIndexOf(':');
        try {
            if (colon < 0) {
                return new Address(null, Integer.parseInt(text));
            }
            String host = text.substring(0, colon).replace("[", "").replace("]", "");
            return new Address(
                    host.isEmpty() ? null : host, Integer.parseInt(text.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new OptionsException(value.place() + ": \"" + text + "\" is not host:port", e);
        }
    }

    private ListenOptions listening(Address client) throws OptionsException {
        ConfValue http = root.take("http");
        ConfValue https = root.take("https");
        Address plain = http == null ? new Address(null, ListenOptions.OFF) : address(http);
        Address secure = https == null ? new Address(null, ListenOptions.OFF) : address(https);
        int httpPort = root.count(plain.port(), "http_port", "monitor_port");
        int httpsPort = root.count(secure.port(), "https_port");
        String ports = root.text("ports_file_dir");
        String pid = root.text("pidfile", "pid_file");
        String base = root.text("http_base_path");
        ListenOptions defaults = DEFAULT.listen();
        return new ListenOptions(
                client.host() == null ? defaults.host() : client.host(),
                client.port() == ListenOptions.OFF || client.port() == 0
                        ? defaults.port()
                        : client.port(),
                root.text("client_advertise"),
                plain.host() == null ? secure.host() : plain.host(),
                httpPort,
                httpsPort,
                base == null ? "" : base,
                ports == null ? null : folder.resolve(ports),
                pid == null ? null : folder.resolve(pid));
    }

    private LimitOptions limits(@Nullable TlsOptions tls) throws OptionsException {
        LimitOptions defaults = LimitOptions.DEFAULT;
        LimitOptions.Times times = defaults.times();
        Duration auth = null;
        Section authorization = root.section("authorization");
        if (authorization != null) {
            auth = authorization.duration(null, "timeout");
        }
        if (auth == null && tls != null && tls.timeout() != null) {
            auth = tls.timeout().plusSeconds(1);
        }
        return new LimitOptions(
                unbounded(root.count(defaults.maxConnections(), "max_connections", "max_conn")),
                Math.max(0, root.count(0, "max_subscriptions", "max_subs")),
                root.count(0, "max_sub_tokens", "max_subscription_tokens"),
                root.count(defaults.maxPayload(), "max_payload"),
                root.number(defaults.maxPending(), "max_pending"),
                root.count(defaults.maxControlLine(), "max_control_line"),
                root.count(defaults.maxClosedClients(), "max_closed_clients"),
                new LimitOptions.Times(
                        duration(times.pingInterval(), "ping_interval"),
                        root.count(times.pingMax(), "ping_max"),
                        duration(times.writeDeadline(), "write_deadline"),
                        auth == null ? times.authTimeout() : auth,
                        duration(times.lameDuck(), "lame_duck_duration"),
                        duration(times.lameDuckGrace(), "lame_duck_grace_period")));
    }

    private static int unbounded(int count) {
        return count <= 0 ? Integer.MAX_VALUE : count;
    }

    private Duration duration(Duration absent, String name) throws OptionsException {
        return Objects.requireNonNull(root.duration(absent, name));
    }

    private LogOptions log() throws OptionsException {
        String file = root.text("logfile", "log_file");
        return new LogOptions(
                root.flag(false, "debug"),
                root.flag(false, "trace"),
                root.flag(true, "logtime"),
                file == null ? null : folder.resolve(file));
    }

    private ServerOptions.Identity identity() throws OptionsException {
        Section authorization = root.section("authorization");
        AuthorizationOptions door =
                authorization == null
                        ? AuthorizationOptions.NONE
                        : IdentityReader.authorization(authorization);
        List<AccountOptions> accounts = IdentityReader.accounts(root.take("accounts"), root);
        OperatorOptions operator = operator();
        if (operator != null && (!door.isEmpty() || !accounts.isEmpty())) {
            throw new OptionsException(
                    root.place()
                            + ": operator mode and users of the configuration exclude each other");
        }
        return new ServerOptions.Identity(
                door,
                accounts,
                IdentityReader.mappings(root),
                operator,
                root.text("no_auth_user"),
                root.text("system_account", "system"),
                root.flag(false, "no_system_account", "no_system", "no_sys_acc"));
    }

    private @Nullable OperatorOptions operator() throws OptionsException {
        List<String> tokens = new ArrayList<>();
        for (String one :
                root.texts(
                        "operator",
                        "operators",
                        "root",
                        "roots",
                        "root_operator",
                        "root_operators")) {
            tokens.add(one.startsWith("eyJ") ? one : fileOf(one));
        }
        List<String> trusted = root.texts("trusted", "trusted_keys");
        ConfValue resolver = root.take("resolver", "account_resolver", "accounts_resolver");
        if (resolver != null) {
            checkResolver(resolver);
        }
        Map<String, String> accounts = new HashMap<>();
        Section preload = root.section("resolver_preload");
        if (preload != null) {
            for (Map.Entry<String, ConfValue> one : preload.named().entrySet()) {
                accounts.put(one.getKey(), Section.text(one.getValue()));
            }
        }
        if (tokens.isEmpty() && trusted.isEmpty()) {
            return null;
        }
        return new OperatorOptions(tokens, trusted, accounts);
    }

    private static void checkResolver(ConfValue resolver) throws OptionsException {
        String kind;
        if (resolver instanceof ConfValue.Block block) {
            ConfValue type = block.entries().get("type");
            kind = type == null ? "" : Section.text(type);
        } else {
            kind = Section.text(resolver);
        }
        String upper = kind.toUpperCase(Locale.ROOT);
        if (!upper.equals("MEMORY") && !upper.equals("MEM")) {
            throw Section.fault(
                    resolver,
                    "resolver "
                            + kind
                            + " is not supported: accounts come from MEMORY with resolver_preload");
        }
    }

    private String fileOf(String name) throws OptionsException {
        try {
            String text = Files.readString(folder.resolve(name));
            for (String line : text.lines().toList()) {
                if (line.strip().startsWith("eyJ")) {
                    return line.strip();
                }
            }
            throw new OptionsException(root.place() + ": " + name + " holds no JWT");
        } catch (IOException e) {
            throw new OptionsException(
                    root.place() + ": " + name + " cannot be read: " + e.getMessage(), e);
        }
    }

    private @Nullable TlsOptions tls(@Nullable Section section) throws OptionsException {
        if (section == null) {
            return null;
        }
        section.refuse("one certificate is served", "certs", "certificates");
        section.refuse("certificates come from files", "cert_store", "cert_match", "cert_match_by");
        section.refuse("certificates are not pinned", "pinned_certs");
        section.refuse("it is for clusters", "verify_cert_and_check_known_urls");
        section.refuse("certificates are not checked by OCSP", "ocsp_peer");
        section.ignore(
                "insecure",
                "allow_insecure_cipher_suites",
                "cipher_suites",
                "curve_preferences",
                "connection_rate_limit");
        String certificate = section.text("cert_file");
        String key = section.text("key_file");
        String authorities = section.text("ca_file");
        if (certificate == null || key == null) {
            throw new OptionsException(section.place() + ": tls needs cert_file and key_file");
        }
        boolean map = section.flag(false, "verify_and_map");
        String version = section.text("min_version");
        TlsOptions options =
                new TlsOptions(
                        folder.resolve(certificate),
                        folder.resolve(key),
                        authorities == null ? null : folder.resolve(authorities),
                        section.flag(false, "verify") || map,
                        map,
                        first(section.take("handshake_first", "first", "immediate")),
                        section.duration(null, "timeout"),
                        "1.3".equals(version));
        section.finish();
        return options;
    }

    private static @Nullable Duration first(@Nullable ConfValue value) throws OptionsException {
        return switch (value) {
            case null -> null;
            case ConfValue.Flag flag -> flag.on() ? Duration.ofNanos(-1) : null;
            case ConfValue.Text text when text.text().startsWith("auto") -> AUTO_FALLBACK;
            default -> Section.durationOf(value, "handshake_first");
        };
    }

    private @Nullable WebSocketOptions webSocket(@Nullable TlsOptions shared)
            throws OptionsException {
        Section section = root.section("websocket", "ws");
        if (section == null) {
            return null;
        }
        section.refuse("logins are those of the server", "authorization", "authentication");
        section.refuse(
                "credentials come in CONNECT",
                "jwt_cookie",
                "user_cookie",
                "pass_cookie",
                "token_cookie");
        section.ignore("handshake_timeout", "compression", "compress", "headers", "ping_interval");
        Address address = listen(section);
        boolean plain = section.flag(false, "no_tls");
        TlsOptions own = tls(section.section("tls"));
        if (address.port() == ListenOptions.OFF) {
            throw new OptionsException(section.place() + ": websocket needs a port");
        }
        if (!plain && own == null && shared == null) {
            throw new OptionsException(section.place() + ": websocket requires TLS configuration");
        }
        WebSocketOptions options =
                new WebSocketOptions(
                        address.host(),
                        address.port(),
                        plain,
                        own,
                        section.flag(false, "same_origin"),
                        section.texts(
                                "allowed_origins",
                                "allowed_origin",
                                "allow_origins",
                                "allow_origin",
                                "origins",
                                "origin"),
                        section.text("no_auth_user"),
                        section.texts("advertise"));
        section.finish();
        return options;
    }
}
