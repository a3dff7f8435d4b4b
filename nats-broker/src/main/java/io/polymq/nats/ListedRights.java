package io.polymq.nats;

import io.polymq.core.service.SubjectService;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.nats.account.SubjectPermissions;
import io.polymq.nats.options.PermissionOptions;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rights by a user's own lists. Connection zone. */
final class ListedRights implements SubjectRights {

    private static final int REMEMBERED = 512;

    private final SubjectPermissions permissions;
    private final boolean everything;
    private final @Nullable OpenReplies replies;
    private final Map<Subject, Boolean> known = new HashMap<>();
    private Subject last = Subject.EMPTY;
    private boolean lastAllowed;

    ListedRights(SubjectPermissions permissions) {
        this.permissions = permissions;
        PermissionOptions written = permissions.written();
        this.everything = written.publishAllow() == null && written.publishDeny().isEmpty();
        PermissionOptions.ResponseOptions responses = written.responses();
        this.replies = responses == null ? null : new OpenReplies(responses, System::nanoTime);
    }

    @Override
    public boolean mayPublish(Subject subject) {
        return everything || isListed(subject) || (replies != null && replies.answer(subject));
    }

    @SuppressWarnings("ReferenceEquality") // the loop's cache gives the same instance again
    private boolean isListed(Subject subject) {
        if (subject == last) {
            return lastAllowed;
        }
        Boolean answer = known.get(subject);
        if (answer == null) {
            if (known.size() >= REMEMBERED) {
                known.clear();
            }
            answer = permissions.mayPublish(subject);
            known.put(subject, answer);
        }
        last = subject;
        lastAllowed = answer;
        return answer;
    }

    @Override
    public boolean maySubscribe(Filter filter, @Nullable String queue) {
        return permissions.maySubscribe(filter, queue);
    }

    @Override
    public Filter[] deniedWithin(Filter filter) {
        return permissions.deniedWithin(filter);
    }

    @Override
    public SubjectService.Rights lasting() {
        return new SubjectService.Rights() {
            @Override
            public boolean mayPublish(Subject subject) {
                return permissions.mayPublish(subject);
            }

            @Override
            public boolean maySubscribe(Filter filter) {
                return permissions.maySubscribe(filter, null)
                        && permissions.deniedWithin(filter).length == 0;
            }
        };
    }

    @Override
    public @Nullable OpenReplies replies() {
        return replies;
    }
}
