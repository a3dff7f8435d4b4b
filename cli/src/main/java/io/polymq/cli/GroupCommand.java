package io.polymq.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        mixinStandardHelpOptions = true,
        name = "group",
        description = "groups of Kafka consumers: members, positions, lag")
final class GroupCommand {
    private static final String GROUPS = "groups";

    private final Session session;

    GroupCommand(Session session) {
        this.session = session;
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "list",
            description = "all groups of the tenant")
    int list(
            @Mixin AdminTarget admin,
            @Option(names = "--search", defaultValue = "") String search) {
        admin.printer(session)
                .rows(
                        AdminApi.array(
                                admin.open(session)
                                        .all("/groups?search=" + AdminApi.encoded(search))),
                        List.of("name", "type", "protocol", "state"));
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "show",
            description = "one group: who is in it, how far it is, how far behind")
    int show(@Mixin AdminTarget admin, @Parameters(paramLabel = "GROUP") String group) {
        JsonNode whole = admin.open(session).get(AdminApi.path(GROUPS, group));
        Printer printer = admin.printer(session);
        if (printer.isJson()) {
            printer.answer(whole);
            return ExitStatus.OK.number();
        }
        printer.done(
                group
                        + ": "
                        + whole.path("state").asText()
                        + ", "
                        + whole.path("members").size()
                        + " members, lag "
                        + whole.path("lag").asLong());
        printer.rows(
                whole.path("offsets"),
                List.of("topic", "partition", "offset", "end_offset", "lag", "metadata"));
        if (!whole.path("members").isEmpty()) {
            printer.rows(whole.path("members"), List.of("id", "client_id", "address", "assigned"));
        }
        return ExitStatus.OK.number();
    }

    /** Where a group is to go on. */
    static final class Place {
        @Option(names = "--to-earliest", description = "to the first record that is there")
        boolean earliest;

        @Option(names = "--to-latest", description = "behind the last one")
        boolean latest;

        @Option(names = "--to-offset", description = "to this one")
        @Nullable Long offset;

        @Option(
                names = "--to-time",
                paramLabel = "MILLIS",
                description = "to the first from then on")
        @Nullable Long time;

        ObjectNode body() {
            ObjectNode body = AdminApi.object();
            if (offset != null) {
                body.put("offset", offset);
            } else if (time != null) {
                body.put("time", time);
            } else {
                body.put("to", earliest ? "earliest" : "latest");
            }
            return body;
        }
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "reset",
            description = "moves a group that nobody is in")
    int reset(
            @Mixin AdminTarget admin,
            @Parameters(paramLabel = "GROUP") String group,
            @Option(
                            names = {"-t", "--topic"},
                            required = true,
                            description = "which topic's positions")
                    String topic,
            @Option(
                            names = {"-p", "--partition"},
                            description = "all without")
                    @Nullable Integer partition,
            @ArgGroup(exclusive = true, multiplicity = "1") Place place) {
        ObjectNode body = place.body();
        body.put("topic", topic);
        if (partition != null) {
            body.put("partition", partition);
        }
        JsonNode now = admin.open(session).post(AdminApi.path(GROUPS, group, "reset"), body);
        admin.printer(session).rows(now.path("offsets"), List.of("topic", "partition", "offset"));
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "delete",
            description = "deletes a group that nobody is in")
    int delete(@Mixin AdminTarget admin, @Parameters(paramLabel = "GROUP") String group) {
        admin.open(session).delete(AdminApi.path(GROUPS, group));
        admin.printer(session).done("deleted " + group);
        return ExitStatus.OK.number();
    }
}
