package io.polymq.mq9;

import io.polymq.core.router.Router;
import io.polymq.core.subject.Subject;
import org.jspecify.annotations.Nullable;

/** Answers by publishing to the asker's reply subject. The zone's thread. */
record SubjectReply(Mq9Parts parts, MailZone zone, Router.Space space, @Nullable Subject to)
        implements Reply {

    @Override
    public boolean send(byte[] json) {
        return to != null && mayBeAnswered(to) && zone.publish(space, to, json) > 0;
    }

    @Override
    public void fail(String error) {
        parts.metrics().error();
        send(Replies.error(error));
    }

    /** An answer must not become mail, nor a request. */
    private static boolean mayBeAnswered(Subject subject) {
        String text = subject.toString();
        return !text.startsWith("$") && !text.startsWith(MailAddress.TOPIC_PREFIX);
    }
}
