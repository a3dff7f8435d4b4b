package io.polymq.nats;

import io.polymq.core.service.SubjectService;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import org.jspecify.annotations.Nullable;

/** Of a client that is not known yet. Stateless. */
final class NoRights implements SubjectRights {

    @Override
    public boolean mayPublish(Subject subject) {
        return false;
    }

    @Override
    public boolean maySubscribe(Filter filter, @Nullable String queue) {
        return false;
    }

    @Override
    public SubjectService.Rights lasting() {
        throw new IllegalStateException("a client that is not known asks nothing");
    }
}
