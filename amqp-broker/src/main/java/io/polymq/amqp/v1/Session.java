package io.polymq.amqp.v1;

import io.netty.util.collection.IntObjectHashMap;
import io.polymq.amqp.management.ClientList;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.ErrorInfo;
import io.polymq.amqp.v1.frame.FrameException;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.amqp.v1.frame.Transfer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session: its windows, its links by handle, the deliveries that it has sent and that are not
 * settled. Ids are serial numbers that go round. Connection zone.
 */
final class Session {

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    /** What is not sent yet is held back by the client's window, not by an own one. */
    private static final long OUTGOING_WINDOW = Integer.MAX_VALUE;

    /** Where in its life a session is; one that was ended from here waits for the client's end. */
    private enum State {
        OPEN,
        ENDING,
        ENDED
    }

    private final V1Connection connection;
    private final int channel;
    private final IntObjectHashMap<Link> links = new IntObjectHashMap<>();
    private final List<OutgoingLink> senders = new ArrayList<>();
    private final IntObjectHashMap<Held> unsettled = new IntObjectHashMap<>();
    private final Outcomes outcomes;
    private final Runs told = new Runs(this, false);
    private final Attaching attaching;
    private final Transactions transactions;
    private State state = State.OPEN;
    private int nextIncomingId;
    private int incomingWindow = Limits.INCOMING_WINDOW;
    private int nextOutgoingId;
    private int remoteIncomingWindow;
    private int nextDeliveryId;
    private int turn;

    Session(V1Connection connection, int channel, Performative.Begin begin) {
        this.connection = connection;
        this.channel = channel;
        this.nextIncomingId = (int) begin.nextOutgoingId();
        this.remoteIncomingWindow = window(begin.incomingWindow());
        this.outcomes = new Outcomes(this);
        this.attaching = new Attaching(this);
        this.transactions = new Transactions(this);
    }

    private static int window(long wide) {
        return (int) Math.min(wide, Integer.MAX_VALUE);
    }

    void begin() {
        connection.send(
                channel,
                new Performative.Begin(
                        channel,
                        nextOutgoingId,
                        incomingWindow,
                        OUTGOING_WINDOW,
                        Limits.HANDLE_MAX,
                        List.of(),
                        List.of(),
                        Map.of()));
    }

    V1Connection connection() {
        return connection;
    }

    int channel() {
        return channel;
    }

    Outcomes outcomes() {
        return outcomes;
    }

    Transactions transactions() {
        return transactions;
    }

    /** What there is to say of it in lists. */
    ClientList.Session listed() {
        List<ClientList.Link> incoming = new ArrayList<>();
        List<ClientList.Link> outgoing = new ArrayList<>();
        for (Link link : links.values()) {
            switch (link) {
                case IncomingLink receiver -> incoming.add(receiver.listed());
                case OutgoingLink sender -> outgoing.add(sender.listed());
                case RefusedLink refused -> {}
            }
        }
        return new ClientList.Session(
                channel,
                Limits.HANDLE_MAX,
                nextIncomingId & 0xFFFF_FFFFL,
                incomingWindow,
                nextOutgoingId & 0xFFFF_FFFFL,
                remoteIncomingWindow,
                OUTGOING_WINDOW,
                unsettled.size(),
                incoming,
                outgoing);
    }

    boolean isOpen() {
        return state == State.OPEN && connection.isOpen();
    }

    /** Runs what concerns one link or the session; a fault ends what it must. */
    void guarded(@Nullable Link link, Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            failed(link, e);
        }
    }

    private void failed(@Nullable Link link, RuntimeException e) {
        FrameException.Level level =
                e instanceof FrameException frame ? frame.level() : FrameException.Level.LINK;
        if (level == FrameException.Level.CONNECTION) {
            throw e;
        }
        ErrorInfo error = Conditions.of(e);
        if (error.condition().equals(Condition.INTERNAL_ERROR.word())) {
            LOG.atWarn().addKeyValue("client", connection.id()).setCause(e).log("a frame failed");
        }
        if (level == FrameException.Level.LINK && link != null) {
            link.fail(error);
        } else {
            fail(error);
        }
    }

    // Links.

    void attach(Performative.Attach attach) {
        if (state != State.OPEN) {
            return;
        }
        if (attach.handle() > Limits.HANDLE_MAX) {
            throw FrameException.connection(
                    Condition.FRAMING_ERROR,
                    "handle " + attach.handle() + " is above " + Limits.HANDLE_MAX);
        }
        guarded(
                null,
                () -> {
                    if (links.containsKey((int) attach.handle())) {
                        throw FrameException.session(
                                Condition.HANDLE_IN_USE,
                                "handle " + attach.handle() + " is in use");
                    }
                    attaching.attach(attach);
                });
    }

    /** The link is attached: the answer was written. */
    void add(Link link) {
        links.put((int) link.handle(), link);
        if (link instanceof OutgoingLink sender) {
            senders.add(sender);
        }
        connection.links(1);
        connection.opening().attached(link);
    }

    private void remove(Link link) {
        links.remove((int) link.handle());
        gone(link);
    }

    private void gone(Link link) {
        if (link instanceof RefusedLink) {
            return;
        }
        connection.links(-1);
        if (link instanceof OutgoingLink sender) {
            senders.remove(sender);
        }
        connection.opening().forget(link);
    }

    void detach(Performative.Detach detach) {
        if (state != State.OPEN) {
            return;
        }
        Link link = links.get((int) detach.handle());
        if (link == null) {
            fail(
                    ErrorInfo.of(
                            Condition.UNATTACHED_HANDLE, "no link has handle " + detach.handle()));
            return;
        }
        remove(link);
        if (link instanceof RefusedLink) {
            return;
        }
        guarded(null, () -> link.detached(detach.closed()));
    }

    /** Answers a client's detach, when what it asked for is done. */
    void answerDetach(Link link, boolean closed) {
        if (isOpen()) {
            connection.send(channel, new Performative.Detach(link.handle(), closed, null));
        }
    }

    /** Detaches a link from here for good; its handle is the client's until it answers. */
    void detach(Link link, @Nullable ErrorInfo error) {
        if (links.get((int) link.handle()) != link || link instanceof RefusedLink) {
            return;
        }
        links.put(
                (int) link.handle(),
                new RefusedLink(this, link.name(), link.handle(), link.isIncoming()));
        gone(link);
        link.close();
        if (isOpen()) {
            connection.send(channel, new Performative.Detach(link.handle(), true, error));
        }
    }

    /** A link that was refused: the answer to its attach was written. */
    void refuse(Performative.Attach attach, ErrorInfo error) {
        links.put(
                (int) attach.handle(),
                new RefusedLink(this, attach.name(), attach.handle(), !attach.receiver()));
        connection.send(channel, new Performative.Detach(attach.handle(), true, error));
    }

    /** The link of the other direction that has the same name; null for none. */
    @Nullable Link paired(Link link) {
        for (Link other : links.values()) {
            if (other.isIncoming() != link.isIncoming() && other.name().equals(link.name())) {
                return other;
            }
        }
        return null;
    }

    // Flow.

    void flow(Performative.Flow flow) {
        if (state != State.OPEN) {
            return;
        }
        int window = window(flow.incomingWindow());
        // Before it has heard of the session, the client can only count from its beginning.
        int theirs = flow.nextIncomingId() == Performative.ABSENT ? 0 : (int) flow.nextIncomingId();
        int sent = nextOutgoingId - theirs;
        remoteIncomingWindow = window - sent;
        if (flow.handle() == Performative.ABSENT) {
            if (flow.echo()) {
                sendFlow();
            }
        } else {
            Link link = links.get((int) flow.handle());
            if (link == null) {
                fail(
                        ErrorInfo.of(
                                Condition.UNATTACHED_HANDLE,
                                "no link has handle " + flow.handle()));
                return;
            }
            guarded(link, () -> link.flow(flow));
        }
        pump();
    }

    /** Tells the windows. */
    private void sendFlow() {
        connection.send(channel, flow(null, 0, 0, false));
    }

    /** Tells a link's credit, and the windows. */
    void sendFlow(Link link, int deliveryCount, int credit, boolean drain) {
        if (isOpen()) {
            connection.send(channel, flow(link, deliveryCount, credit, drain));
        }
    }

    private Performative.Flow flow(
            @Nullable Link link, int deliveryCount, int credit, boolean drain) {
        incomingWindow = Limits.INCOMING_WINDOW;
        return new Performative.Flow(
                nextIncomingId & 0xFFFF_FFFFL,
                incomingWindow,
                nextOutgoingId & 0xFFFF_FFFFL,
                OUTGOING_WINDOW,
                link == null ? Performative.ABSENT : link.handle(),
                link == null ? Performative.ABSENT : deliveryCount & 0xFFFF_FFFFL,
                link == null ? Performative.ABSENT : credit,
                0,
                drain,
                false);
    }

    /** Sends what waits, each link in its turn. */
    void pump() {
        int size = senders.size();
        for (int i = 0; i < size && i < senders.size(); i++) {
            turn = (turn + 1) % senders.size();
            OutgoingLink link = senders.get(turn);
            guarded(link, link::pump);
        }
    }

    void tick() {
        for (Link link : List.copyOf(links.values())) {
            if (link instanceof IncomingLink receiver) {
                receiver.tick();
            }
        }
    }

    // Transfers that come.

    void transfer(Transfer transfer, byte[] bytes, int offset, int length) {
        if (state != State.OPEN) {
            return;
        }
        nextIncomingId++;
        if (incomingWindow-- <= 0) {
            fail(ErrorInfo.of(Condition.WINDOW_VIOLATION, "a transfer beyond the window"));
            return;
        }
        Link link = links.get((int) transfer.handle());
        if (link instanceof IncomingLink receiver) {
            try {
                receiver.transfer(transfer, bytes, offset, length);
            } catch (RuntimeException e) {
                failed(receiver, e);
            }
        } else if (!(link instanceof RefusedLink)) {
            fail(
                    link == null
                            ? ErrorInfo.of(
                                    Condition.UNATTACHED_HANDLE,
                                    "no link has handle " + transfer.handle())
                            : ErrorInfo.of(
                                    Condition.ERRANT_LINK,
                                    "a transfer from the receiver of a link"));
            return;
        }
        if (state == State.OPEN && incomingWindow <= Limits.INCOMING_WINDOW / 2) {
            sendFlow();
        }
    }

    // Deliveries that go.

    boolean hasWindow() {
        return remoteIncomingWindow > 0;
    }

    /** A transfer is written. */
    void transferred() {
        remoteIncomingWindow--;
        nextOutgoingId++;
    }

    int nextDeliveryId() {
        return nextDeliveryId++;
    }

    void hold(int deliveryId, Held held) {
        unsettled.put(deliveryId, held);
    }

    /** It is the session's no longer. */
    void forget(int deliveryId) {
        unsettled.remove(deliveryId);
    }

    /** A link has ended: what it holds is nobody's. */
    void forgetAll(OutgoingLink link) {
        List<Integer> gone = new ArrayList<>();
        unsettled.forEach(
                (id, held) -> {
                    if (held.link() == link) {
                        gone.add(id);
                    }
                });
        gone.forEach(unsettled::remove);
    }

    // Dispositions.

    void disposition(Performative.Disposition disposition) {
        if (state != State.OPEN) {
            return;
        }
        try {
            if (disposition.receiver()) {
                settle(disposition);
            } else {
                outcomes.settledBySender(disposition);
            }
        } catch (RuntimeException e) {
            failed(null, e);
        }
    }

    private void settle(Performative.Disposition disposition) {
        int span = disposition.last() - disposition.first();
        if (span >= 0 && span < unsettled.size()) {
            for (int i = 0; i <= span; i++) {
                settle(disposition.first() + i, disposition);
            }
        } else {
            for (int id : Runs.within(unsettled.keySet(), disposition.first(), span)) {
                settle(id, disposition);
            }
        }
        told.flush();
    }

    private void settle(int deliveryId, Performative.Disposition disposition) {
        Held held = unsettled.get(deliveryId);
        if (held == null) {
            return;
        }
        DeliveryState now = disposition.state();
        boolean settled = disposition.settled();
        if (now instanceof DeliveryState.Transactional provisional) {
            if (settled) {
                unsettled.remove(deliveryId);
            }
            transactions.retire(provisional, deliveryId, held, settled);
            return;
        }
        if (!settled && !(now instanceof DeliveryState.Outcome)) {
            return;
        }
        unsettled.remove(deliveryId);
        held.link().settle(held, now instanceof DeliveryState.Outcome outcome ? outcome : null);
        if (!settled) {
            told.add(deliveryId, now);
        }
    }

    // The end.

    /** Ends the session with an error. */
    void fail(ErrorInfo error) {
        if (state != State.OPEN) {
            return;
        }
        close();
        state = State.ENDING;
        if (connection.isOpen()) {
            connection.send(channel, new Performative.End(error));
        }
    }

    /** The client has ended it. */
    void ended() {
        boolean answered = state == State.ENDING;
        close();
        state = State.ENDED;
        if (!answered) {
            connection.send(channel, new Performative.End(null));
        }
    }

    /** Everything in it ends. */
    void close() {
        state = State.ENDED;
        for (Link link : List.copyOf(links.values())) {
            gone(link);
            link.close();
        }
        links.clear();
        senders.clear();
        transactions.close();
        unsettled.clear();
    }
}
