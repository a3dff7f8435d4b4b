package io.polymq.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        mixinStandardHelpOptions = true,
        name = "connection",
        description = "connections of every protocol")
final class ConnectionCommand {
    private final Session session;

    ConnectionCommand(Session session) {
        this.session = session;
    }

    @Command(mixinStandardHelpOptions = true, name = "list", description = "all connections")
    int list(
            @Mixin AdminTarget admin,
            @Option(names = "--protocol", description = "of this protocol only")
                    @Nullable String protocol,
            @Option(names = "--search", defaultValue = "") String search) {
        String path = "/connections?search=" + AdminApi.encoded(search);
        admin.printer(session)
                .rows(
                        AdminApi.array(
                                admin.open(session)
                                        .all(
                                                protocol == null
                                                        ? path
                                                        : path
                                                                + "&protocol="
                                                                + AdminApi.encoded(protocol))),
                        List.of(
                                "id",
                                "protocol",
                                "transport",
                                "remote",
                                "user",
                                "tenant",
                                "client_id"));
        return ExitStatus.OK.number();
    }

    @Command(mixinStandardHelpOptions = true, name = "show", description = "one connection")
    int show(@Mixin AdminTarget admin, @Parameters(paramLabel = "ID") long id) {
        admin.printer(session).answer(admin.open(session).get("/connections/" + id));
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "kick",
            description = "ends a connection, in its protocol's words")
    int kick(
            @Mixin AdminTarget admin,
            @Parameters(paramLabel = "ID") long id,
            @Option(names = "--reason", defaultValue = "ended by an administrator") String reason) {
        admin.open(session).delete("/connections/" + id + "?reason=" + AdminApi.encoded(reason));
        admin.printer(session).done("ended " + id);
        return ExitStatus.OK.number();
    }
}
