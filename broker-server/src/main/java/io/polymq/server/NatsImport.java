package io.polymq.server;

import io.polymq.nats.options.ListenOptions;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.options.ServerOptions;
import io.polymq.nats.options.TlsOptions;
import java.io.PrintStream;
import java.nio.file.Path;

/**
 * What people who come from nats-server run: its configuration is read and checked, and a
 * configuration of ours is printed that serves by it. Accounts, users, limits and JetStream stay in
 * nats-server's own file, which PolyMQ reads as it is.
 */
final class NatsImport {
    private final PrintStream out;
    private final PrintStream err;

    NatsImport(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    ExitCode print(Path file) {
        ServerOptions options;
        try {
            options = ServerOptions.read(file, System.getenv());
        } catch (OptionsException wrong) {
            err.println("polymq: " + wrong.getMessage());
            return ExitCode.CONFIGURATION;
        }
        ListenOptions listen = options.listen();
        out.println(
                "# Serves NATS by " + file + ", which stays where accounts and limits are said.");
        out.println("[nats_runtime]");
        out.println("server_config = " + quoted(file.toAbsolutePath().normalize().toString()));
        out.println("tcp_port = " + listen.port());
        if (!listen.host().isEmpty()) {
            out.println("bind = [" + quoted(listen.host()) + "]");
        }
        TlsOptions tls = options.transports().tls();
        if (tls != null) {
            out.println();
            out.println("[tls]");
            out.println("certificate = " + quoted(String.valueOf(tls.certificate())));
            out.println("key = " + quoted(String.valueOf(tls.key())));
        }
        return ExitCode.OK;
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
