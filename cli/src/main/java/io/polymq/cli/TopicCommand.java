package io.polymq.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        mixinStandardHelpOptions = true,
        name = "topic",
        description = "topics: durable, partitioned logs, read and written by every protocol")
final class TopicCommand {
    private final Session session;

    TopicCommand(Session session) {
        this.session = session;
    }

    /** What may be said of a topic when it is made or changed. */
    static final class Settings {
        @Option(
                names = {"-p", "--partitions"},
                description = "how many; they can only become more")
        @Nullable Integer partitions;

        @Option(
                names = "--capture",
                paramLabel = "FILTER",
                description = "subjects that it keeps, in dotted spelling; repeatable")
        @Nullable List<String> captures;

        @Option(names = "--retention-ms", description = "how long records stay; 0: for ever")
        @Nullable Long retentionMillis;

        @Option(names = "--retention-bytes", description = "how many bytes stay; 0: all")
        @Nullable Long retentionBytes;

        @Option(names = "--retention-records", description = "how many records stay; 0: all")
        @Nullable Long retentionRecords;

        @Option(
                names = "--compaction",
                negatable = true,
                description = "the newest of each key stays")
        @Nullable Boolean compaction;

        @Option(names = "--durability", description = "sync, os or memory")
        @Nullable String durability;

        @Option(names = "--max-message-bytes", description = "what a record may have")
        @Nullable Integer maxMessageBytes;

        @Option(names = "--setting", paramLabel = "KEY=VALUE", description = "as Kafka calls it")
        @Nullable Map<String, String> settings;

        ObjectNode body() {
            ObjectNode body = AdminApi.object();
            if (captures != null) {
                captures.forEach(body.withArray("captures")::add);
            }
            if (settings != null) {
                settings.forEach(body.putObject("settings")::put);
            }
            body.put("partitions", partitions);
            body.put("retention_ms", retentionMillis);
            body.put("retention_bytes", retentionBytes);
            body.put("retention_records", retentionRecords);
            body.put("compaction", compaction);
            body.put("durability", durability);
            body.put("max_message_bytes", maxMessageBytes);
            return body;
        }
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "list",
            description = "all topics of the tenant")
    int list(
            @Mixin AdminTarget admin,
            @Option(names = "--search", defaultValue = "") String search) {
        List<JsonNode> rows = admin.open(session).all("/topics?search=" + AdminApi.encoded(search));
        admin.printer(session)
                .rows(
                        AdminApi.array(rows),
                        List.of(
                                "name",
                                "partitions",
                                "records",
                                "bytes",
                                "durability",
                                "captures"));
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "show",
            description = "one topic with its partitions")
    int show(@Mixin AdminTarget admin, @Parameters(paramLabel = "TOPIC") String topic) {
        admin.printer(session).answer(admin.open(session).get(AdminApi.path("topics", topic)));
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "create",
            description = "makes a topic; it must not be there")
    int create(
            @Mixin AdminTarget admin,
            @Parameters(paramLabel = "TOPIC") String topic,
            @Mixin Settings settings) {
        AdminApi api = admin.open(session);
        String path = AdminApi.path("topics", topic);
        if (isThere(api, path)) {
            throw new CliException(ExitStatus.REFUSED, "There is a topic " + topic + " already.");
        }
        Printer printer = admin.printer(session);
        JsonNode made = api.put(path, settings.body());
        if (printer.isJson()) {
            printer.answer(made);
        }
        printer.done("made " + topic);
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "alter",
            description = "changes a topic that is there")
    int alter(
            @Mixin AdminTarget admin,
            @Parameters(paramLabel = "TOPIC") String topic,
            @Mixin Settings settings) {
        AdminApi api = admin.open(session);
        String path = AdminApi.path("topics", topic);
        api.get(path);
        Printer printer = admin.printer(session);
        JsonNode changed = api.put(path, settings.body());
        if (printer.isJson()) {
            printer.answer(changed);
        }
        printer.done("changed " + topic);
        return ExitStatus.OK.number();
    }

    private static boolean isThere(AdminApi api, String path) {
        try {
            api.get(path);
            return true;
        } catch (CliException failed) {
            if (failed.status() == ExitStatus.NOT_FOUND) {
                return false;
            }
            throw failed;
        }
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "delete",
            description = "deletes a topic with its records")
    int delete(@Mixin AdminTarget admin, @Parameters(paramLabel = "TOPIC") String topic) {
        admin.open(session).delete(AdminApi.path("topics", topic));
        admin.printer(session).done("deleted " + topic);
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "records",
            description = "records of a partition, decoded")
    int records(
            @Mixin AdminTarget admin,
            @Parameters(paramLabel = "TOPIC") String topic,
            @Option(
                            names = {"-p", "--partition"},
                            defaultValue = "0")
                    int partition,
            @Option(names = "--offset", description = "the first one; the newest ones without")
                    @Nullable Long offset,
            @Option(names = "--limit", defaultValue = "50") int limit) {
        String path =
                AdminApi.path(
                        "topics", topic, "partitions", Integer.toString(partition), "records");
        JsonNode page =
                admin.open(session)
                        .get(
                                path
                                        + "?limit="
                                        + limit
                                        + (offset == null ? "" : "&offset=" + offset));
        Printer printer = admin.printer(session);
        if (printer.isJson()) {
            printer.answer(page);
        } else {
            printer.rows(
                    page.path("items"),
                    List.of("offset", "timestamp", "key", "subject", "written_by", "payload"));
        }
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "trim",
            description = "deletes the records of a partition in front of an offset")
    int trim(
            @Mixin AdminTarget admin,
            @Parameters(paramLabel = "TOPIC") String topic,
            @Option(
                            names = {"-p", "--partition"},
                            defaultValue = "0")
                    int partition,
            @ArgGroup(exclusive = true, multiplicity = "1") Before before) {
        String path =
                AdminApi.path(
                        "topics", topic, "partitions", Integer.toString(partition), "records");
        admin.open(session)
                .delete(before.offset == null ? path : path + "?before=" + before.offset);
        admin.printer(session).done("trimmed " + topic + " partition " + partition);
        return ExitStatus.OK.number();
    }

    /** Where to trim: said, so that no slip of the hand empties a topic. */
    static final class Before {
        @Option(names = "--before", paramLabel = "OFFSET", description = "the first offset to stay")
        @Nullable Long offset;

        @Option(names = "--all", description = "everything goes")
        boolean all;
    }
}
