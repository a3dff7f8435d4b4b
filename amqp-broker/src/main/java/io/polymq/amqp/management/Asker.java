package io.polymq.amqp.management;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.polymq.amqp.AccessRights;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Resource;
import java.util.List;

/**
 * Who asks, and what that may see and do. RabbitMQ's tags are groups of a user; an administrator
 * may do everything. For one call.
 */
final class Asker {

    private final ManagementParams params;
    private final AdminCall call;

    Asker(ManagementParams params, AdminCall call) {
        this.params = params;
        this.call = call;
    }

    AdminCall call() {
        return call;
    }

    boolean isAdministrator() {
        return call.who().admin();
    }

    void administrates() {
        if (!isAdministrator()) {
            throw new AdminRefusal(401, "Not administrator user");
        }
    }

    private boolean has(String tag) {
        return isAdministrator() || call.who().groups().contains(tag);
    }

    void makesPolicies() {
        if (!has("policymaker")) {
            throw new AdminRefusal(401, "User not authorised to make policies");
        }
    }

    /** Whether it sees other users' connections. */
    boolean monitors() {
        return has("monitoring");
    }

    /** The host that the path names. */
    VirtualHost host() {
        return host(call.segment("vhost"));
    }

    VirtualHost host(String name) {
        VirtualHost host = params.hosts().find(name);
        if (host == null) {
            throw Replies.notFound();
        }
        if (!sees(host)) {
            throw new AdminRefusal(401, "User can not access virtual host");
        }
        return host;
    }

    /** All that it may see. */
    List<VirtualHost> hosts() {
        return params.hosts().all().stream().filter(this::sees).toList();
    }

    private boolean sees(VirtualHost host) {
        return isAdministrator()
                || call.who().tenant().equals(host.tenant())
                || params.security()
                        .allows(
                                call.who(),
                                call.request().peer(),
                                Action.READ,
                                new Resource(Resource.Kind.TENANT, host.tenant()));
    }

    /** What it may do with the host's queues and exchanges: the rules of a client. */
    AccessRights rights(VirtualHost host) {
        return new AccessRights(
                params.security(),
                call.who().inTenant(host.tenant()),
                call.request().peer(),
                host.name(),
                call.who().user());
    }

    /** The request's JSON; empty where there is none. */
    JsonNode body() {
        return call.request().body().length == 0
                ? JsonNodeFactory.instance.objectNode()
                : call.json();
    }

    boolean flag(String name) {
        return "true".equals(call.asked(name));
    }
}
