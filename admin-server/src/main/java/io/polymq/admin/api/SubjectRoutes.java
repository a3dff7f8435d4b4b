package io.polymq.admin.api;

import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.router.Router;
import io.polymq.core.service.RetainedMessages;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What stands at subjects: subscriptions and retained messages. */
final class SubjectRoutes {
    private static final int MOST_LISTED = 100_000;

    private final ApiParams params;

    SubjectRoutes(ApiParams params) {
        this.params = params;
    }

    List<AdminRoute> routes() {
        return List.of(
                AdminRoute.list("/subscriptions", "Subscriptions of a tenant", this::subscriptions),
                AdminRoute.list("/retained", "Retained messages of a tenant", this::retained)
                        .asking("filter", "subjects that match only, in dotted spelling"),
                AdminRoute.delete("/retained/{subject}", "Removes a retained message", this::remove)
                        .asking("tenant", "its name space"));
    }

    private record Row(String filter, String group, String kind) {
        String text() {
            return filter + ' ' + group;
        }
    }

    private Object subscriptions(AdminCall call) {
        List<Row> rows = new ArrayList<>();
        params.router()
                .space(call.tenant())
                .forEach(
                        subscription -> {
                            if (rows.size() < MOST_LISTED) {
                                rows.add(row(subscription));
                            }
                        });
        return call.page(rows, Row::text, SubjectRoutes::shown);
    }

    private static Row row(Router.Subscription subscription) {
        Router.Group group = subscription.group();
        return new Row(
                subscription.filter().toString(),
                group == null ? "" : group.name(),
                subscription.sink().getClass().getSimpleName());
    }

    private static Object shown(Row row) {
        return Map.of("filter", row.filter(), "group", row.group(), "kind", row.kind());
    }

    private Object retained(AdminCall call) {
        String text = call.asked("filter");
        Filter filter = text == null ? Filter.everything() : TopicRoutes.filter(text);
        List<RetainedMessages.Retained> found = new ArrayList<>();
        RetainedMessages.Scan scan = params.retained().scan(call.tenant(), filter);
        while (found.size() < MOST_LISTED && scan.next(1_000, found::add)) {
            // Goes on until it has all, or enough for anybody.
        }
        return call.page(found, one -> one.message().subject().toString(), SubjectRoutes::shown);
    }

    private static Object shown(RetainedMessages.Retained retained) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("timestamp", retained.storedAt());
        row.putAll(Shown.message(retained.message().lendTo(new Message())));
        return row;
    }

    private @Nullable Object remove(AdminCall call) throws Exception {
        Subject subject = Subject.ofDotted(call.segment("subject"));
        if (params.retained().get(call.tenant(), subject) == null) {
            throw AdminRefusal.notFound("Nothing is retained at " + subject + ".");
        }
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        Receipt receipt = Receipt.completing(done);
        receipt.expect();
        params.retained()
                .put(
                        call.tenant(),
                        new Message().begin(subject, new byte[0], 0, 0).keep(),
                        receipt);
        receipt.seal();
        AdminCall.await(done);
        return null;
    }
}
