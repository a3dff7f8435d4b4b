package io.polymq.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        mixinStandardHelpOptions = true,
        name = "stream",
        description = "JetStream streams and their consumers")
final class StreamCommand {
    private static final String STREAMS = "streams";

    private final Session session;

    StreamCommand(Session session) {
        this.session = session;
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "list",
            description = "all streams of the tenant")
    int list(@Mixin AdminTarget admin) {
        admin.printer(session)
                .rows(
                        AdminApi.array(admin.open(session).all("/streams")),
                        List.of(
                                "name",
                                "config.subjects",
                                "state.messages",
                                "state.bytes",
                                "state.first_seq",
                                "state.last_seq",
                                "state.consumer_count"));
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "show",
            description = "one stream: its configuration and state")
    int show(@Mixin AdminTarget admin, @Parameters(paramLabel = "STREAM") String stream) {
        admin.printer(session).answer(admin.open(session).get(AdminApi.path(STREAMS, stream)));
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "consumers",
            description = "who reads a stream, and how far they are")
    int consumers(@Mixin AdminTarget admin, @Parameters(paramLabel = "STREAM") String stream) {
        admin.printer(session)
                .rows(
                        AdminApi.array(
                                admin.open(session)
                                        .all(AdminApi.path(STREAMS, stream, "consumers"))),
                        List.of(
                                "name",
                                "config.ack_policy",
                                "delivered.stream_seq",
                                "ack_floor.stream_seq",
                                "num_ack_pending",
                                "num_redelivered",
                                "num_pending"));
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "purge",
            description = "drops all messages of a stream")
    int purge(@Mixin AdminTarget admin, @Parameters(paramLabel = "STREAM") String stream) {
        admin.open(session).delete(AdminApi.path(STREAMS, stream, "messages"));
        admin.printer(session).done("purged " + stream);
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "delete",
            description = "deletes a stream with its consumers")
    int delete(@Mixin AdminTarget admin, @Parameters(paramLabel = "STREAM") String stream) {
        admin.open(session).delete(AdminApi.path(STREAMS, stream));
        admin.printer(session).done("deleted " + stream);
        return ExitStatus.OK.number();
    }
}
