package io.polymq.server;

import io.polymq.nats.options.ListenOptions;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.options.ServerOptions;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * nats-server's command line: one or two dashes, values after a blank or an equals sign. Flags come
 * before what the configuration file says. One thread.
 */
final class NatsServerFlags {

    static final String HELP =
            """
            Usage: nats-server-compat [options]

                -a, --addr, --net <host>         address to bind (default: 0.0.0.0)
                -p, --port <port>                port for clients, -1 for any free one (default: 4222)
                -n, --name, --server_name <name> server name
                -P, --pid <file>                 file to store the process id in
                -m, --http_port <port>           port for monitoring
                -c, --config <file>              configuration file
                -t                               test the configuration and exit
                -sl, --signal <signal>[=<pid>]   send a signal: ldm, stop, quit, term, reopen, reload
                --client_advertise <string>      address to advertise
                --ports_file_dir <dir>           write <name>_<pid>.ports there
                -l, --log <file>                 file to log to
                -T, --logtime                    timestamps in the log (default: true)
                -D, --debug; -V, --trace; -DV    more in the log
                -js, --jetstream                 enable JetStream
                -sd, --store_dir <dir>           storage folder
                --user, --pass, --auth           what clients must bring
                --tls, --tlscert, --tlskey, --tlsverify, --tlscacert
                -h, --help; -v, --version
            """;

    private static final List<String> SWITCHES =
            List.of(
                    "t",
                    "T",
                    "logtime",
                    "D",
                    "debug",
                    "V",
                    "trace",
                    "VV",
                    "DV",
                    "DVV",
                    "js",
                    "jetstream",
                    "tls",
                    "tlsverify",
                    "h",
                    "help",
                    "v",
                    "version",
                    "s",
                    "syslog",
                    "logtime_utc",
                    "no_advertise",
                    "help_tls");
    private static final Map<String, String> NAMES = names();

    private final Map<String, String> given = new HashMap<>();

    private NatsServerFlags() {}

    private static Map<String, String> names() {
        Map<String, String> names = new HashMap<>();
        String[][] same = {
            {"addr", "a", "net"},
            {"port", "p"},
            {"name", "n", "server_name"},
            {"pid", "P"},
            {"http_port", "m"},
            {"https_port", "ms"},
            {"config", "c"},
            {"t"},
            {"signal", "sl"},
            {"client_advertise"},
            {"ports_file_dir"},
            {"log", "l"},
            {"logtime", "T"},
            {"logtime_utc"},
            {"debug", "D"},
            {"trace", "V", "VV"},
            {"DV", "DVV"},
            {"jetstream", "js"},
            {"store_dir", "sd"},
            {"user"},
            {"pass"},
            {"auth"},
            {"tls"},
            {"tlscert"},
            {"tlskey"},
            {"tlsverify"},
            {"tlscacert"},
            {"help", "h", "help_tls"},
            {"version", "v"},
            {"log_size_limit"},
            {"max_traced_msg_len"}
        };
        for (String[] group : same) {
            for (String name : group) {
                names.put(name, group[0]);
            }
        }
        return Map.copyOf(names);
    }

    static NatsServerFlags parse(List<String> arguments) throws Command.UsageException {
        NatsServerFlags flags = new NatsServerFlags();
        Deque<String> rest = new ArrayDeque<>(arguments);
        while (!rest.isEmpty()) {
            flags.take(rest.remove(), rest);
        }
        return flags;
    }

    private void take(String argument, Deque<String> rest) throws Command.UsageException {
        if (!argument.startsWith("-")) {
            switch (argument) {
                case "help", "version" -> given.put(argument, "true");
                default ->
                        throw new Command.UsageException(
                                "nats-server: unrecognized command: \"" + argument + '"');
            }
            return;
        }
        String bare = argument.replaceFirst("^--?", "");
        int equals = bare.indexOf('=');
        String flag = equals < 0 ? bare : bare.substring(0, equals);
        String name = NAMES.get(flag);
        if (name == null) {
            throw new Command.UsageException(
                    "nats-server: flag " + argument + " is not supported by PolyMQ");
        }
        String value = equals < 0 ? null : bare.substring(equals + 1);
        if (value == null) {
            value = SWITCHES.contains(flag) ? "true" : rest.poll();
        }
        if (value == null) {
            throw new Command.UsageException("nats-server: flag needs an argument: " + argument);
        }
        given.put(name, value);
    }

    boolean has(String name) {
        String value = given.get(name);
        return value != null && !value.equals("false");
    }

    @Nullable String value(String name) {
        return given.get(name);
    }

    /** The file's options with the flags before them. */
    ServerOptions options(Map<String, String> environment)
            throws OptionsException, Command.UsageException {
        StringBuilder text = new StringBuilder();
        if (has("jetstream")) {
            text.append("jetstream: enabled\n");
        }
        String file = value("config");
        if (file != null) {
            text.append("include ").append(quoted(Path.of(file).toAbsolutePath().toString()));
            text.append('\n');
        }
        line(text, "server_name", value("name"));
        line(text, "store_dir", value("store_dir"));
        line(text, "client_advertise", value("client_advertise"));
        line(text, "logfile", absolute(value("log")));
        line(text, "pidfile", absolute(value("pid")));
        line(text, "ports_file_dir", absolute(value("ports_file_dir")));
        if (has("debug") || has("DV")) {
            text.append("debug: true\n");
        }
        if (has("trace") || has("DV")) {
            text.append("trace: true\n");
        }
        if (value("logtime") != null) {
            text.append("logtime: ").append(has("logtime")).append('\n');
        }
        authorization(text);
        tls(text);
        ServerOptions options = ServerOptions.parse(text.toString(), environment);
        return new ServerOptions(
                options.serverName(),
                listening(options.listen()),
                options.limits(),
                options.log(),
                options.identity(),
                options.transports(),
                options.jetStream());
    }

    private void authorization(StringBuilder text) {
        String user = value("user");
        String token = value("auth");
        if (token != null || user != null && value("pass") == null) {
            text.append("authorization { token: ");
            text.append(quoted(token == null ? String.valueOf(user) : token)).append(" }\n");
        } else if (user != null) {
            text.append("authorization { user: ").append(quoted(user));
            text.append(", pass: ").append(quoted(String.valueOf(value("pass")))).append(" }\n");
        }
    }

    private void tls(StringBuilder text) {
        if (!has("tls") && !has("tlsverify") && value("tlscert") == null) {
            return;
        }
        text.append("tls {\n");
        line(text, "cert_file", absolute(value("tlscert")));
        line(text, "key_file", absolute(value("tlskey")));
        line(text, "ca_file", absolute(value("tlscacert")));
        if (has("tlsverify")) {
            text.append("verify: true\n");
        }
        text.append("}\n");
    }

    private static void line(StringBuilder text, String key, @Nullable String value) {
        if (value != null) {
            text.append(key).append(": ").append(quoted(value)).append('\n');
        }
    }

    private static @Nullable String absolute(@Nullable String file) {
        return file == null ? null : Path.of(file).toAbsolutePath().toString();
    }

    private static String quoted(String value) {
        return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private ListenOptions listening(ListenOptions listen) throws Command.UsageException {
        String host = value("addr");
        return new ListenOptions(
                host == null ? listen.host() : host,
                number("port", listen.port()),
                listen.advertise(),
                listen.httpHost(),
                number("http_port", listen.httpPort()),
                listen.httpsPort(),
                listen.httpBasePath(),
                listen.portsFileDir(),
                listen.pidFile());
    }

    private int number(String name, int absent) throws Command.UsageException {
        String value = value(name);
        try {
            return value == null ? absent : Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new Command.UsageException(
                    "nats-server: invalid value \"" + value + "\" for flag -" + name);
        }
    }
}
