package io.polymq.mq9;

import io.polymq.core.admin.AdminPages;
import io.polymq.core.message.HeaderCodec;
import io.polymq.core.message.Message;
import io.polymq.core.router.Router;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.service.SubjectService;
import io.polymq.core.subject.Subject;
import io.polymq.core.zone.WheelTimer;
import io.polymq.mq9.registry.AgentRegistry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The mq9 broker: takes requests from NATS connections and from the MCP endpoint, and answers each
 * by publishing to its reply subject. Shared; what it hands work to belongs to shard zones.
 */
public final class Mq9Broker implements SubjectService {

    private static final String PREFIX = "$mq9.AI.";
    private static final long EXPIRY_MILLIS = 1000;
    private static final int EXPIRIES_AT_ONCE = 1000;

    private final Mq9Parts parts;
    private final AgentRegistry agents;
    private final Commands commands;
    private final WheelTimer expiry =
            new WheelTimer() {
                @Override
                protected void fire() {
                    expire();
                }
            };

    private Mq9Broker(Mq9BrokerServerParams params) {
        Mq9Settings settings = params.settings();
        Mailboxes mailboxes =
                new Mailboxes(
                        params.metadata(),
                        params.topics(),
                        settings.mailRetention(),
                        params.clock());
        this.agents =
                new AgentRegistry(
                        params.metadata(),
                        params.embedder(),
                        params.clock(),
                        new AgentRegistry.Limits(
                                settings.maxAgents(),
                                settings.agentLiveness(),
                                settings.agentTtl()));
        this.parts =
                new Mq9Parts(
                        params,
                        mailboxes,
                        new MailZones(params.zones(), params),
                        new Mq9Metrics(params.metrics(), mailboxes::size, agents::size));
        this.commands = new Commands(parts, agents);
    }

    /** Returns when all mailboxes are known; agents may take a moment longer. */
    public static Mq9Broker start(Mq9BrokerServerParams params) {
        Mq9Broker broker = new Mq9Broker(params);
        broker.start();
        return broker;
    }

    private void start() {
        Mailboxes mailboxes = parts.mailboxes();
        EarlyMails early = new EarlyMails(parts);
        mailboxes.load(
                early::made,
                early::watch,
                ended -> {
                    MailZone zone = parts.zones().of(ended.key());
                    zone.execute(() -> zone.ended(ended));
                });
        parts.core().blocking().execute(agents::load);
        parts.core().delayed().handle("mq9", commands::due);
        MailZone first = parts.zones().first();
        first.execute(() -> first.arm(expiry, EXPIRY_MILLIS));
    }

    private void expire() {
        for (int i = parts.mailboxes().expire(EXPIRIES_AT_ONCE); i > 0; i--) {
            parts.metrics().expired();
        }
        parts.core().blocking().execute(agents::expire);
        parts.zones().first().arm(expiry, EXPIRY_MILLIS);
    }

    /** How other protocols read the headers of mail. */
    public static HeaderCodec headerCodec() {
        return Mq9HeaderCodec.INSTANCE;
    }

    /** The MCP endpoint, mailboxes and agents, for the admin port. */
    public List<AdminPages> pages() {
        List<AdminPages> pages = new ArrayList<>(new MailboxPages(parts, agents).pages());
        pages.add(new McpPages(parts.core(), commands));
        return pages;
    }

    @Override
    public String prefix() {
        return PREFIX;
    }

    @Override
    public @Nullable String request(
            Message message, Principal principal, Credentials.Peer peer, Rights rights) {
        Caller caller = new Caller(principal, peer, rights);
        Subject to = message.replyTo();
        Router.Space space = parts.core().router().space(caller.tenant());
        boolean taken =
                commands.dispatch(
                        caller, message, zone -> new SubjectReply(parts, zone, space, to));
        return taken ? null : "unrecognized mq9 subject: " + message.subject();
    }
}
