package io.polymq.mq9;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.mq9.registry.AgentRegistry;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * Which subject is which command. {@link #dispatch} is called on the asker's thread and only hands
 * over; every command answers in the zone of its mailbox.
 */
final class Commands {

    static final String PREFIX = "$mq9.AI.";
    private static final String SEND = "MSG.SEND.";
    private static final int OFF_ZONE_AT_ONCE = 256;

    /** Carries out one command, in the request's zone. */
    private interface Command {
        void run(Request request);
    }

    private record Entry(
            String name, boolean addressed, Command command, CounterDataPoint requests) {}

    private final Mq9Parts parts;
    private final SendCommand send;
    private final CounterDataPoint sends;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Semaphore offZone = new Semaphore(OFF_ZONE_AT_ONCE);

    Commands(Mq9Parts parts, AgentRegistry registry) {
        this.parts = parts;
        this.send = new SendCommand(parts);
        this.sends = parts.metrics().requests("SEND");
        MailboxCommands mailboxes = new MailboxCommands(parts);
        add("MAILBOX.CREATE", false, mailboxes::create);
        add("MAILBOX.DELETE", true, mailboxes::delete);
        ReadCommands reads = new ReadCommands(parts);
        add("MSG.FETCH", true, reads::fetch);
        add("MSG.QUERY", true, reads::query);
        add("MSG.DELETE", true, reads::delete);
        GroupCommands groups = new GroupCommands(parts);
        add("MSG.ACK", true, groups::ack);
        add("MSG.NACK", true, groups::nack);
        add("MSG.EXTEND", true, groups::extend);
        add("MSG.SUBSCRIBE", true, groups::subscribe);
        add("MSG.UNSUBSCRIBE", true, groups::unsubscribe);
        AgentCommands agents = new AgentCommands(registry);
        add("AGENT.REGISTER", false, offZone(agents::register));
        add("AGENT.UNREGISTER", false, offZone(agents::unregister));
        add("AGENT.REPORT", false, offZone(agents::report));
        add("AGENT.DISCOVER", false, offZone(agents::discover));
    }

    private void add(String name, boolean addressed, Command command) {
        String last = name.substring(name.indexOf('.') + 1);
        entries.put(name, new Entry(last, addressed, command, parts.metrics().requests(last)));
    }

    /** The registry may wait for its lock and for metadata. */
    private Command offZone(Command command) {
        return request -> {
            if (!offZone.tryAcquire()) {
                throw overloaded();
            }
            parts.core()
                    .blocking()
                    .execute(
                            () -> {
                                try {
                                    command.run(request);
                                } catch (RuntimeException refused) {
                                    request.fail(refused);
                                } finally {
                                    offZone.release();
                                }
                            });
        };
    }

    /**
     * The message is borrowed for the call.
     *
     * @param replies makes the reply that belongs to a zone
     * @return false when the subject is no command
     */
    boolean dispatch(Caller caller, Message message, Function<MailZone, Reply> replies) {
        String path = message.subject().toString().substring(PREFIX.length());
        if (path.startsWith(SEND) && path.length() > SEND.length()) {
            sends.inc();
            send.send(caller, path.substring(SEND.length()), message, replies);
            return true;
        }
        int first = path.indexOf('.');
        int second = path.indexOf('.', first + 1);
        Entry entry = entries.get(second < 0 ? path : path.substring(0, second));
        String rest = second < 0 ? "" : path.substring(second + 1);
        if (entry == null || entry.addressed() == rest.isEmpty()) {
            return false;
        }
        entry.requests().inc();
        MailZone zone = parts.zones().of(Mailbox.key(caller.tenant(), rest));
        Request request =
                Request.of(caller, entry.name(), rest, message, zone, replies.apply(zone));
        if (zone.admit(request.body().length)) {
            zone.execute(() -> run(entry, request));
        } else {
            request.fail(overloaded());
        }
        return true;
    }

    static Mq9Exception overloaded() {
        return new Mq9Exception("the broker is overloaded, try again");
    }

    private static void run(Entry entry, Request request) {
        request.zone().release(request.body().length);
        try {
            entry.command().run(request);
        } catch (RuntimeException refused) {
            request.reply().fail(refused);
        }
    }

    /** A delayed mail whose time has come. In the delayed messages' zone. */
    void due(String tenant, KeptMessage message, long at, Receipt receipt) {
        send.due(tenant, message, at, receipt);
    }
}
