package io.polymq.mq9;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.core.admin.AdminAnswer;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminListing;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.admin.AdminRoutes;
import io.polymq.core.topic.Topic;
import io.polymq.mq9.registry.AgentRegistry;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Mailboxes and agents on the admin port. Virtual threads. */
final class MailboxPages {
    private static final String ONE = "/{address}";

    private final Mq9Parts parts;
    private final AgentRegistry agents;

    MailboxPages(Mq9Parts parts, AgentRegistry agents) {
        this.parts = parts;
        this.agents = agents;
    }

    List<AdminPages> pages() {
        return List.of(
                new AdminRoutes(
                        "/api/v1/mailboxes",
                        "Mailboxes of mq9",
                        List.of(
                                AdminRoute.list("", "Mailboxes of a tenant", this::list),
                                AdminRoute.get(ONE, "One mailbox", call -> row(mailbox(call)))
                                        .asking("tenant", "its name space"),
                                AdminRoute.put(
                                                ONE,
                                                "Makes a mailbox",
                                                "ttl in seconds (0: for ever), description",
                                                this::create)
                                        .asking("tenant", "its name space"),
                                AdminRoute.delete(
                                                ONE,
                                                "Deletes a mailbox with its mail",
                                                this::delete)
                                        .asking("tenant", "its name space"))),
                new AdminRoutes(
                        "/api/v1/agents",
                        "Agents of mq9",
                        List.of(AdminRoute.list("", "Agents of a tenant", this::agents))));
    }

    private Object list(AdminCall call) {
        List<Mailbox> all =
                parts.mailboxes().all(call.tenant()).stream()
                        .sorted(Comparator.comparing(Mailbox::address))
                        .toList();
        return call.page(all, Mailbox::address, this::row);
    }

    private Map<String, Object> row(Mailbox mailbox) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("address", mailbox.address());
        row.put("created_at", mailbox.createdAt());
        row.put("expires_at", mailbox.expiresAt() == Long.MAX_VALUE ? null : mailbox.expiresAt());
        row.put("description", mailbox.options().description());
        row.put("max_attempts", mailbox.options().maxAttempts());
        row.put("dead_letter", mailbox.options().deadLetter());
        Topic topic =
                parts.core()
                        .topics()
                        .find(mailbox.tenant(), MailAddress.topic(mailbox.address()))
                        .orElse(null);
        row.put("messages", topic == null ? 0 : topic.partition(0).statistics().records());
        row.put("bytes", topic == null ? 0 : topic.partition(0).statistics().bytes());
        row.put("groups", topic == null ? List.of() : topic.partition(0).groups());
        return row;
    }

    private Mailbox mailbox(AdminCall call) {
        String address = call.segment("address");
        Mailbox found = parts.mailboxes().find(call.tenant(), address);
        if (found == null) {
            throw AdminRefusal.notFound("There is no mailbox " + address + ".");
        }
        return found;
    }

    private Object create(AdminCall call) throws Exception {
        JsonNode body = call.json();
        try {
            String address = MailAddress.check(call.segment("address"));
            int most = parts.settings().maxMailboxes();
            if (parts.mailboxes().size() >= most) {
                throw new AdminRefusal(403, "There are " + most + " mailboxes already.");
            }
            Mailbox made =
                    AdminCall.await(
                            parts.mailboxes()
                                    .create(
                                            new Mailbox(
                                                    Mailbox.key(call.tenant(), address),
                                                    parts.core().clock().millis(),
                                                    body.path("ttl")
                                                            .asLong(
                                                                    parts.settings()
                                                                            .mailboxTtl()
                                                                            .toSeconds()),
                                                    new Mailbox.Options(
                                                            body.path("description").asText(),
                                                            0,
                                                            null))));
            return AdminAnswer.json(201, row(made));
        } catch (Mq9Exception refused) {
            throw new AdminRefusal(409, String.valueOf(refused.getMessage()));
        }
    }

    private @Nullable Object delete(AdminCall call) throws Exception {
        AdminCall.await(parts.mailboxes().delete(mailbox(call)));
        return null;
    }

    private Object agents(AdminCall call) {
        int perPage = (int) call.asked("per_page", 100, 1, 1_000);
        int page = (int) call.asked("page", 1, 1, 10_000);
        String search = call.asked("search", "");
        AgentRegistry.Found found =
                agents.discover(
                        new AgentRegistry.Search(
                                call.tenant(),
                                search.isEmpty() ? null : search,
                                null,
                                false,
                                perPage,
                                page));
        return new AdminListing<>(
                found.hits().stream().map(MailboxPages::agent).toList(),
                found.total(),
                page,
                perPage);
    }

    private static Map<String, Object> agent(AgentRegistry.Hit hit) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", hit.agent().name());
        row.put("owner", hit.agent().owner());
        row.put("mailbox", hit.agent().mailbox());
        row.put("alive", hit.alive());
        row.put("last_report", hit.lastReport());
        row.put("description", hit.agent().description());
        row.put("info", hit.agent().info());
        return row;
    }
}
