package io.polymq.amqp.management;

import io.polymq.amqp.model.ModelException;
import io.polymq.core.admin.AdminAnswer;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import java.util.Map;

/** Answers in the words of RabbitMQ's interface. */
final class Replies {

    private Replies() {}

    /** What a handler refuses is told as RabbitMQ tells it. */
    static AdminRoute.Handler guarded(AdminRoute.Handler handler) {
        return call -> {
            try {
                return handler.handle(call);
            } catch (ModelException refused) {
                return of(refused);
            } catch (AdminRefusal refused) {
                return error(refused.status(), String.valueOf(refused.getMessage()));
            } catch (IllegalArgumentException wrong) {
                return error(400, String.valueOf(wrong.getMessage()));
            }
        };
    }

    private static AdminAnswer of(ModelException refused) {
        String reason = String.valueOf(refused.getMessage());
        return switch (refused.kind()) {
            case NOT_FOUND -> error(404, reason);
            case ACCESS_REFUSED, NOT_ALLOWED -> error(401, reason);
            case RESOURCE_LOCKED,
                    PRECONDITION_FAILED,
                    COMMAND_INVALID,
                    NOT_IMPLEMENTED,
                    RESOURCE_ERROR ->
                    error(400, reason);
            case INTERNAL -> error(500, reason);
        };
    }

    static AdminAnswer error(int status, String reason) {
        String word =
                switch (status) {
                    case 401 -> "not_authorised";
                    case 404 -> "Object Not Found";
                    case 400 -> "bad_request";
                    default -> "error";
                };
        return AdminAnswer.json(status, Map.of("error", word, "reason", reason));
    }

    static AdminRefusal notFound() {
        return AdminRefusal.notFound("Not Found");
    }

    /** Of something that was put: made, or there before. */
    static AdminAnswer put(boolean there) {
        return new AdminAnswer(there ? 204 : 201, "application/json", new byte[0]);
    }

    /** Of something that was deleted, if it was there. */
    static AdminAnswer gone(boolean there) {
        return there ? AdminAnswer.done() : error(404, "Not Found");
    }
}
