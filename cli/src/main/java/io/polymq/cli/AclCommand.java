package io.polymq.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        mixinStandardHelpOptions = true,
        name = "acl",
        description = "access rules; deny comes before allow")
final class AclCommand {
    private final Session session;

    AclCommand(Session session) {
        this.session = session;
    }

    @Command(mixinStandardHelpOptions = true, name = "list", description = "all rules")
    int list(
            @Mixin AdminTarget admin,
            @Option(names = "--search", defaultValue = "") String search) {
        admin.printer(session)
                .rows(
                        AdminApi.array(
                                admin.open(session)
                                        .all("/rules?search=" + AdminApi.encoded(search))),
                        List.of("id", "words", "note"));
        return ExitStatus.OK.number();
    }

    /** Whom and what a rule is about. */
    static final class About {
        @Option(
                names = "--for-user",
                paramLabel = "USER",
                description = "repeatable, like the others")
        @Nullable List<String> users;

        @Option(names = "--for-group", paramLabel = "GROUP")
        @Nullable List<String> groups;

        @Option(names = "--for-client", paramLabel = "ID")
        @Nullable List<String> clients;

        @Option(names = "--for-address", paramLabel = "CIDR")
        @Nullable List<String> addresses;

        @Option(names = "--for-tenant", paramLabel = "TENANT")
        @Nullable List<String> tenants;

        @Option(names = "--action", description = "read, write, create, delete, ...; all without")
        @Nullable List<String> actions;

        @Option(names = "--kind", description = "subject, topic, queue, group, ...; all without")
        @Nullable List<String> kinds;

        @Option(
                names = "--match",
                defaultValue = "any",
                description = "how the name is read: any, exact, prefix, filter, mqtt, amqp, regex")
        String match = "any";

        @Option(names = "--name", defaultValue = "", description = "of the resources")
        String name = "";

        @Option(
                names = "--within",
                defaultValue = "",
                description = "of a routing key the exchange, of a subject the group")
        String within = "";

        @Option(names = "--note", defaultValue = "", description = "for those who read the rule")
        String note = "";

        ObjectNode rule(String effect) {
            ObjectNode rule = AdminApi.object();
            rule.put("effect", effect);
            put(rule, "users", users);
            put(rule, "groups", groups);
            put(rule, "clients", clients);
            put(rule, "addresses", addresses);
            put(rule, "tenants", tenants);
            put(rule, "actions", actions);
            put(rule, "kinds", kinds);
            rule.put("match", match);
            rule.put("name", name);
            rule.put("within", within);
            rule.put("note", note);
            return rule;
        }

        private static void put(ObjectNode rule, String member, @Nullable List<String> values) {
            if (values != null) {
                values.forEach(rule.withArray(member)::add);
            }
        }
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "allow",
            description = "adds a rule that allows")
    int allow(@Mixin AdminTarget admin, @Mixin About about) {
        return add(admin, about.rule("allow"));
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "deny",
            description = "adds a rule that denies")
    int deny(@Mixin AdminTarget admin, @Mixin About about) {
        return add(admin, about.rule("deny"));
    }

    private int add(AdminTarget admin, ObjectNode rule) {
        JsonNode added = admin.open(session).post("/rules", rule);
        Printer printer = admin.printer(session);
        if (printer.isJson()) {
            printer.answer(added);
        }
        printer.done("rule " + added.path("id").asText() + ": " + added.path("words").asText());
        return ExitStatus.OK.number();
    }

    @Command(mixinStandardHelpOptions = true, name = "delete", description = "deletes a rule")
    int delete(@Mixin AdminTarget admin, @Parameters(paramLabel = "ID") String id) {
        admin.open(session).delete(AdminApi.path("rules", id));
        admin.printer(session).done("deleted " + id);
        return ExitStatus.OK.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "why",
            description = "why somebody may or may not do something; ends with 77 when not")
    int why(
            @Mixin AdminTarget admin,
            @Parameters(paramLabel = "ACTION", description = "read, write, create, ...")
                    String action,
            @Parameters(paramLabel = "NAME", description = "of the resource, in dotted spelling")
                    String name,
            @Option(names = "--kind", defaultValue = "subject") String kind,
            @Option(names = "--for-user", paramLabel = "USER", description = "anonymous without")
                    @Nullable String user,
            @Option(names = "--for-client", paramLabel = "ID") @Nullable String client,
            @Option(names = "--for-address", paramLabel = "ADDRESS") @Nullable String address,
            @Option(names = "--protocol") @Nullable String protocol,
            @Option(names = "--within") @Nullable String within) {
        Map<String, @Nullable String> asked = new LinkedHashMap<>();
        asked.put("action", action);
        asked.put("kind", kind);
        asked.put("name", name);
        asked.put("user", user);
        asked.put("client_id", client);
        asked.put("address", address);
        asked.put("protocol", protocol);
        asked.put("within", within);
        String query =
                asked.entrySet().stream()
                        .filter(entry -> entry.getValue() != null)
                        .map(
                                entry ->
                                        entry.getKey()
                                                + '='
                                                + AdminApi.encoded("" + entry.getValue()))
                        .collect(Collectors.joining("&"));
        JsonNode answer = admin.open(session).get("/why?" + query);
        admin.printer(session).answer(answer);
        return (answer.path("allowed").asBoolean() ? ExitStatus.OK : ExitStatus.NOT_PERMITTED)
                .number();
    }
}
