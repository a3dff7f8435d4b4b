package io.polymq.nats.options;

import io.polymq.nats.subject.SubjectMappings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Everything that a nats-server configuration file says. Immutable. */
public record ServerOptions(
        @Nullable String serverName,
        ListenOptions listen,
        LimitOptions limits,
        LogOptions log,
        Identity identity,
        Transports transports,
        JetStreamOptions jetStream) {

    /** Who gets in, to which account. */
    public record Identity(
            AuthorizationOptions authorization,
            List<AccountOptions> accounts,
            List<SubjectMappings.Mapping> mappings,
            @Nullable OperatorOptions operator,
            @Nullable String noAuthUser,
            @Nullable String systemAccount,
            boolean noSystemAccount) {

        public static final Identity NONE =
                new Identity(
                        AuthorizationOptions.NONE, List.of(), List.of(), null, null, null, false);

        public Identity {
            accounts = List.copyOf(accounts);
            mappings = List.copyOf(mappings);
        }
    }

    /** What carries the protocol besides plain TCP. */
    public record Transports(
            @Nullable TlsOptions tls, boolean allowNonTls, @Nullable WebSocketOptions webSocket) {
        public static final Transports PLAIN = new Transports(null, false, null);
    }

    public static final ServerOptions DEFAULT =
            new ServerOptions(
                    null,
                    new ListenOptions(
                            "0.0.0.0",
                            4222,
                            null,
                            null,
                            ListenOptions.OFF,
                            ListenOptions.OFF,
                            "",
                            null,
                            null),
                    LimitOptions.DEFAULT,
                    LogOptions.DEFAULT,
                    Identity.NONE,
                    Transports.PLAIN,
                    JetStreamOptions.OFF);

    /** Reads a file; variables that it does not define come from the environment. */
    public static ServerOptions read(Path file, Map<String, String> environment)
            throws OptionsException {
        return OptionsReader.read(ConfParser.read(file, environment), file);
    }

    /** Reads text; relative files are looked for in the working directory. */
    public static ServerOptions parse(String text, Map<String, String> environment)
            throws OptionsException {
        return OptionsReader.read(ConfParser.parse(text, environment), Path.of("configuration"));
    }
}
